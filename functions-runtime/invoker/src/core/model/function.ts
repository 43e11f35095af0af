/** The model's function: an answer from the natures of the called records, or one of the faults of networks, hosts and functions. */
import type { CallAnswer, OutputEvent, RecordVerdict } from '#contract/answer.ts';
import type { Fate, Nature } from './fates.ts';

/** Deterministic numbers from a choice: the same choice, the same story. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Below `count`. */
  next(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }
}

const faults: readonly ((chance: Chance) => CallAnswer)[] = [
  () => ({ kind: 'attempt-failed', failure: 'timeout', detail: 'fault' }),
  () => ({ kind: 'attempt-failed', failure: 'connection-broken', detail: 'fault' }),
  () => ({ kind: 'attempt-failed', failure: 'status', status: 500, detail: 'fault' }),
  () => ({ kind: 'attempt-failed', failure: 'bad-answer', detail: 'fault' }),
  () => ({ kind: 'refused', refusal: 'busy', detail: 'fault' }),
  () => ({ kind: 'refused', refusal: 'late', detail: 'fault' }),
  () => ({ kind: 'refused', refusal: 'unauthorized', detail: 'fault' }),
  () => ({ kind: 'refused', refusal: 'stale', detail: 'fault' }),
  () => ({ kind: 'unavailable', cause: 'no-ready-pod', detail: 'fault' }),
  (chance) => ({ kind: 'unavailable', cause: 'overloaded', detail: 'fault', retryAfterMs: chance.next(5000) }),
  () => ({ kind: 'unavailable', cause: 'gateway', detail: 'fault' }),
  () => ({ kind: 'verdicts', verdicts: [] }),
];

export const outageAnswer: CallAnswer = { kind: 'attempt-failed', failure: 'status', status: 500, detail: 'outage' };

export function faultAnswer(chance: Chance): CallAnswer {
  return faults[chance.next(faults.length)]!(chance);
}

/** `healed`: killers are refused in words, the flaky work; poison fails for ever. */
export function answerOf(fates: readonly Fate[], callId: number, healed: boolean, hostMaxBytes: number): CallAnswer {
  const has = (...natures: Nature[]): boolean => fates.some(({ nature }) => natures.includes(nature));
  const bytes = fates.reduce((sum, fate) => sum + fate.bytes, 0);
  if (bytes > hostMaxBytes) return { kind: 'refused', refusal: 'too-large', detail: `${bytes} bytes` };
  if (has('refused')) return { kind: 'rejected', status: 400, detail: 'refused' };
  const fails = fates.some(
    ({ nature, failures }) => nature === 'poison' || (!healed && nature === 'flaky' && failures < 2),
  );
  if (fails) return { kind: 'attempt-failed', failure: 'status', status: 500, detail: 'thrown' };
  const verdicts = fates.map((fate) => verdictOf(fate, callId, healed));
  return { kind: 'verdicts', verdicts: callId % 2 === 0 ? verdicts : stoppedAtFailure(verdicts) };
}

/** As a host that works in order answers: what is behind the first failure was not run. */
function stoppedAtFailure(verdicts: readonly RecordVerdict[]): RecordVerdict[] {
  const first = verdicts.findIndex(({ kind }) => kind === 'retry');
  const notRun: RecordVerdict = { kind: 'retry', reason: 'not run', notRun: true };
  return verdicts.map((verdict, index) => (first >= 0 && index > first ? notRun : verdict));
}

function verdictOf(fate: Fate, callId: number, healed: boolean): RecordVerdict {
  const reason = fate.nature;
  switch (fate.nature) {
    case 'reject':
      return { kind: 'reject', reason };
    case 'killer':
      return healed ? { kind: 'reject', reason } : { kind: 'retry', reason };
    case 'named-flaky':
      return !healed && fate.failures < 2 ? { kind: 'retry', reason } : ok(callId, 1);
    case 'chatty':
      return ok(callId, 2);
    default:
      return ok(callId, fate.offset % 2);
  }
}

function ok(callId: number, outputs: number): RecordVerdict {
  const event: OutputEvent = { call: callId };
  return { kind: 'ok', outputs: Array.from({ length: outputs }, () => event) };
}

/** Whose attempt failed: all, or those that were named. */
export function failedBy(answer: CallAnswer, fates: readonly Fate[]): Fate[] {
  if (answer.kind === 'attempt-failed') return [...fates];
  if (answer.kind !== 'verdicts') return [];
  const { verdicts } = answer;
  if (verdicts.length !== fates.length) return [...fates];
  return fates.filter((_, index) => {
    const verdict = verdicts[index]!;
    return verdict.kind === 'retry' && verdict.notRun !== true;
  });
}
