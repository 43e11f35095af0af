/** Events for what changed between two statuses: a condition that turned, or a new reason for one that is bad. */
import type { Condition } from '#api/kubernetes.ts';
import { type Reason, reasonText } from '#api/reasons.ts';
import type { ReplicaDecision } from './observed.ts';
import type { PlannedEvent } from './plan.ts';

/** `Reconciling` comes and goes with every change, `Active` with the load: no news. `Stalled` repeats what another says. */
const told = ['Ready', 'FunctionAvailable', 'SourceReachable', 'TopicReady', 'Blocked', 'Suspended'];

export function eventsOf(
  before: readonly Condition[] | undefined,
  after: readonly Condition[],
): readonly PlannedEvent[] {
  const news = after.filter((condition) => {
    const old = before?.find(({ type }) => type === condition.type);
    return (told.includes(condition.type) || condition.reason === 'LagNotFalling') && isNews(old, condition);
  });
  // `Ready` takes its reason from the condition that decides: once is enough.
  const once = new Map(news.toReversed().map((condition) => [condition.reason, condition]));
  return [...once.values()].reverse().map(eventOf);
}

function isNews(old: Condition | undefined, condition: Condition): boolean {
  // What passes by itself within seconds is no news; that it has passed may be.
  if (reasonText(condition.reason as Reason).passes || condition.status === 'Unknown') return false;
  // The first status of an object is no change, unless it is bad at once.
  if (old === undefined) return isBad(condition);
  return old.status !== condition.status || (isBad(condition) && old.reason !== condition.reason);
}

function isBad({ type, status, reason }: Condition): boolean {
  if (reason === 'LagNotFalling') return true;
  if (type === 'Suspended') return false;
  return status === (type === 'Blocked' ? 'True' : 'False');
}

const eventOf = (condition: Condition): PlannedEvent => ({
  type: isBad(condition) ? 'Warning' : 'Normal',
  reason: condition.reason,
  action: 'Observe',
  note: `${condition.type} is ${condition.status.toLowerCase()}: ${condition.message}`.slice(0, 1_000),
});

/** An Event for a decision that changes the number of pods, with its reason; none for the first number of all. */
export function scaledEvents(
  before: number | undefined,
  replicas: number,
  decision: ReplicaDecision | undefined,
): readonly PlannedEvent[] {
  if (before === undefined || before === replicas || decision === undefined) return [];
  const note = `from ${before} to ${replicas} pods: ${decision.reason}`;
  return [{ type: 'Normal', reason: 'Scaled', action: 'Scale', note: note.slice(0, 1_000) }];
}
