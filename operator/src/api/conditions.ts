/** Conditions of both resources: their types, and how one is set without touching what did not change. */
import type { Condition } from './kubernetes.ts';
import { timeText } from './quantities.ts';
import { type Reason, reasonText } from './reasons.ts';

export const functionConditionTypes = ['Ready', 'Reconciling', 'Stalled'] as const;
export const bindingConditionTypes = [
  ...functionConditionTypes,
  'FunctionAvailable',
  'SourceReachable',
  'TopicReady',
  'Active',
  'Blocked',
  'Suspended',
] as const;
export type ConditionType = (typeof bindingConditionTypes)[number];

/** What a person asks, and the condition answers. The reference is made from it. */
export const conditionQuestions: Readonly<Record<ConditionType, string>> = {
  Ready:
    'Does it do, or would it do, what the spec wants? The summary: its reason is that of the first condition below that is not well.',
  Reconciling: 'Is something on its way? True is no fault; kstatus (Flux, Argo CD, `helm --wait`) waits for its end.',
  Stalled: 'Is something in the way that needs a person? kstatus takes true as failed.',
  FunctionAvailable: 'Is there a function that takes calls, or can be woken to take them?',
  SourceReachable: 'Does Kafka answer?',
  TopicReady: 'Are topic, consumer group and positions fit?',
  Active: 'Are invokers wanted? False at zero.',
  Blocked: 'Does a record hold its partition? The message names partition and offset.',
  Suspended: 'Does the binding rest because the spec says so?',
};

/** What was found about one condition. */
export interface Finding {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: Reason;
  readonly message: string;
}

const messageCharsMax = 1_024;

/**
 * The list with this condition set, others untouched and in their order. The time moves only when the status does, as
 * metav1.Condition wants it. `nowMs`: Unix ms.
 */
export function setCondition(
  conditions: readonly Condition[],
  { type, status, reason, message }: Finding,
  observedGeneration: number,
  nowMs: number,
): readonly Condition[] {
  const before = conditions.find((condition) => condition.type === type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timeText(nowMs);
  const cut = message.length > messageCharsMax ? `${message.slice(0, messageCharsMax - 1)}…` : message;
  const after: Condition = { type, status, observedGeneration, lastTransitionTime, reason, message: cut };
  return before ? conditions.map((other) => (other.type === type ? after : other)) : [...conditions, after];
}

export const findCondition = (
  conditions: readonly Condition[] | undefined,
  type: ConditionType,
): Condition | undefined => conditions?.find((condition) => condition.type === type);

/** A message for a person: what was seen, then what to do, where something is to be done. */
export function say(seen: string, reason: Reason): string {
  const { next } = reasonText(reason);
  return next === 'nothing' ? seen : `${seen}; next: ${next}`;
}

/**
 * `Reconciling` and `Stalled` as kstatus reads them (Flux, Argo CD, helm --wait), from what `Ready` and the roll-out say.
 * `rolling`: in words, what is still being replaced although it is ready.
 */
export function progress(
  ready: Finding,
  trouble: Finding | undefined,
  rolling: string | undefined,
): readonly Finding[] {
  const culprit = reasonText(ready.reason).stalls ? ready : trouble;
  const stalled = culprit !== undefined && reasonText(culprit.reason).stalls === true;
  const passing = reasonText(ready.reason).passes ? ready.message : rolling;
  return [
    passing !== undefined && !stalled
      ? { type: 'Reconciling', status: 'True', reason: 'InProgress', message: passing }
      : { type: 'Reconciling', status: 'False', reason: 'Settled', message: 'nothing is on its way' },
    stalled
      ? { type: 'Stalled', status: 'True', reason: culprit.reason, message: culprit.message }
      : { type: 'Stalled', status: 'False', reason: 'NotStalled', message: 'nothing needs a person' },
  ];
}
