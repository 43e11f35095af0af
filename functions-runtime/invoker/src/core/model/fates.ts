/** What an onlooker knows of every record of the model: what the function said, what was written, and whether the core treated it as promised. */
import type { RecordVerdict } from '#contract/answer.ts';
import type { ArrivedRecord, OutgoingRecord } from '../events.ts';

/** A broken promise, by its id. */
export class Broken extends Error {
  constructor(id: string, what: string) {
    super(`${id}: ${what}`);
  }
}

export function promise(holds: boolean, id: string, what: () => string): asserts holds {
  if (!holds) throw new Broken(id, what());
}

/** How the function treats a record. `killer`: a call with it kills the invoker. */
export type Nature = 'fine' | 'chatty' | 'flaky' | 'named-flaky' | 'poison' | 'reject' | 'refused' | 'killer' | 'huge';

export interface Fate {
  readonly partition: number;
  readonly offset: number;
  readonly nature: Nature;
  readonly bytes: number;
  /** Under which epoch a call last answered ok for it. */
  okUnder: number | null;
  /** The same, and nothing before it in that call was to be retried or blocks: its fate is decided for certain. */
  acceptedUnder: number | null;
  /** Calls that came back ok, with the number of outputs each gave. */
  readonly oks: Map<number, number>;
  readonly outputsWritten: Set<string>;
  deadLetterAskedUnder: number | null;
  deadLettered: boolean;
  /** Failed attempts, and calls whose answer was lost with their owner. */
  failures: number;
  firstFailureMs: number | null;
  /** The function itself refused it for good. */
  refused: boolean;
  /** A person wishes it to be skipped; `skipped`: that was done without a dead letter. */
  skipWished: boolean;
  skipped: boolean;
  /** An owner before the story settled it, above the committed offset. */
  settledBefore: boolean;
}

/** More than a host takes in one call, and than a fetch brings unless it is alone. */
export const hugeBytes = 900;

export function newFate(partition: number, offset: number, nature: Nature): Fate {
  return {
    partition,
    offset,
    nature,
    bytes: nature === 'huge' ? hugeBytes : 50 + (offset % 3) * 25,
    okUnder: null,
    acceptedUnder: null,
    oks: new Map(),
    outputsWritten: new Set(),
    deadLetterAskedUnder: null,
    deadLettered: false,
    failures: 0,
    firstFailureMs: null,
    refused: false,
    skipWished: false,
    skipped: false,
    settledBefore: false,
  };
}

export interface Policy {
  readonly maxAttempts: number;
  readonly maxAgeMs: number;
  readonly drops: boolean;
}

/** It may be given up: refused by the function, or out of attempts or time. `takeOvers`: unclean ones of its partition, each may count as an attempt. */
export function mayBeGivenUp(fate: Fate, policy: Policy, takeOvers: number, atMs: number): boolean {
  const old = fate.firstFailureMs !== null && atMs - fate.firstFailureMs >= policy.maxAgeMs;
  return fate.refused || fate.skipWished || old || fate.failures + takeOvers >= policy.maxAttempts;
}

/** Acked with all outputs written, or dead-lettered for certain, or dropped as the policy allows (D3, D4). */
export function isSettled(fate: Fate, policy: Policy, takeOvers: number, atMs: number): boolean {
  if (fate.deadLettered || fate.settledBefore || fate.skipped) return true;
  if (policy.drops && mayBeGivenUp(fate, policy, takeOvers, atMs)) return true;
  for (const [callId, outputs] of fate.oks) {
    let written = 0;
    while (written < outputs && fate.outputsWritten.has(`${callId}.${written}`)) written += 1;
    if (written === outputs) return true;
  }
  return false;
}

/** Its fate was decided by this owner, so the next record may be called (P1). */
export function isDecided(fate: Fate, epoch: number, policy: Policy, takeOvers: number, atMs: number): boolean {
  if (fate.settledBefore || fate.skipped) return true;
  if (fate.okUnder === epoch || fate.deadLetterAskedUnder === epoch) return true;
  return policy.drops && mayBeGivenUp(fate, policy, takeOvers, atMs);
}

export function noteVerdicts(
  fates: readonly Fate[],
  verdicts: readonly RecordVerdict[],
  callId: number,
  epoch: number,
  blocks: boolean,
): void {
  let certain = true;
  for (const [index, fate] of fates.entries()) {
    const verdict = verdicts[index]!;
    if (verdict.kind === 'ok') {
      fate.oks.set(callId, verdict.outputs.length);
      fate.okUnder = epoch;
      if (certain) fate.acceptedUnder = epoch;
      continue;
    }
    if (verdict.kind === 'reject') fate.refused = true;
    if (verdict.kind === 'retry' || blocks) certain = false;
  }
}

export function noteWritten(record: OutgoingRecord, fate: Fate): void {
  if (record.kind === 'dead-letter') fate.deadLettered = true;
  else fate.outputsWritten.add(`${String(record.event.call)}.${record.index}`);
}

export const offsetsOf = (records: readonly ArrivedRecord[]): string => records.map(({ offset }) => offset).join(',');

/** What records are made of, the usual ones more often. */
export const natures: readonly Nature[] = [
  'fine',
  'fine',
  'fine',
  'chatty',
  'chatty',
  'flaky',
  'named-flaky',
  'poison',
  'reject',
  'refused',
  'killer',
  'huge',
];
