/** A round of chaos from its seed: which system, which load, which faults when. The same seed makes the same plan. */
import type { Chance } from '../auction/chance.ts';
import type { Share } from './record-classes.ts';
import type { ScenePlan } from './scene.ts';

export type ChaosFault =
  | { readonly kind: 'kill-invoker' | 'restart-invoker'; readonly ordinal: number }
  | { readonly kind: 'pause-invoker'; readonly ordinal: number; readonly forMs: number }
  | { readonly kind: 'place'; readonly invokers: number }
  | { readonly kind: 'kill-host'; readonly index: number }
  | { readonly kind: 'restart-broker'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  | { readonly kind: 'pause-broker' | 'fail-function'; readonly forMs: number };

export interface ChaosStep {
  /** After the step before began: faults may overlap. */
  readonly afterMs: number;
  readonly fault: ChaosFault;
}

export interface ChaosPlan {
  readonly scene: ScenePlan & { readonly invokers: number; readonly placed: number; readonly hosts: number };
  readonly steps: readonly ChaosStep[];
}

export function chaosPlan(seed: number, chance: Chance): ChaosPlan {
  const below = (bound: number): number => chance.below(bound);
  const oneOf = <T>(list: readonly T[]): T => chance.pick(list);
  const partitions = oneOf([1, 2, 4, 8]);
  const invokers = 1 + below(3);
  const hosts = 1 + below(3);
  const maxRecords = oneOf([1, 5, 20, 100]);
  const callMs = oneOf([0, 5, 20, 60]);
  // With one slot, or two, calls go ahead and wait at their host.
  const concurrency = oneOf([1, 2, 16]);
  // A third of what it could do at best: what piles up during faults must be worked off again.
  const callsAtOnce = Math.min(partitions, hosts * concurrency);
  const mostPerSecond = (callsAtOnce * maxRecords * 1_000) / (callMs + 10) / 3;
  const scene = {
    title: `chaos ${seed}`,
    partitions,
    invokers,
    placed: 1 + below(invokers),
    hosts,
    maxRecords,
    concurrency,
    callMs,
    callTimeoutMs: 1_500,
    commitIntervalMs: oneOf([50, 200, 500]),
    maxAttempts: 8,
    load: {
      records: 400,
      perSecond: Math.min(oneOf([50, 150, 300]), mostPerSecond),
      shares: sharesOf(partitions, below),
      abortEvery: oneOf([0, 0, 0, 5]),
    },
  };
  const steps = Array.from({ length: 3 + below(5) }, () => ({
    afterMs: 300 + below(3_000),
    fault: faultOf(below, oneOf, { invokers, hosts }),
  }));
  return { scene, steps };
}

/** What fails always is in one partition only: where all wait for such a record the function is the suspect, and rounds would take long. */
function sharesOf(partitions: number, below: (bound: number) => number): Share[] {
  const shares: Share[] = [
    { class: 'poison', every: 25 * partitions },
    { class: 'throws', every: 65 * partitions },
    { class: 'reject', every: 41 * partitions },
    { class: 'flaky', times: 1 + below(3), every: 97 },
    { class: 'hang', times: 1, every: 331 },
    { class: 'late', times: 1, waitMs: 100 + below(600), every: 431 },
    { class: 'slow', waitMs: 50 + below(500), every: 83 },
  ];
  return shares.filter(() => below(2) === 0);
}

function faultOf(
  below: (bound: number) => number,
  oneOf: <T>(list: readonly T[]) => T,
  { invokers, hosts }: { readonly invokers: number; readonly hosts: number },
): ChaosFault {
  const ordinal = below(invokers);
  const forMs = 200 + below(5_000);
  return oneOf<ChaosFault>([
    { kind: 'kill-invoker', ordinal },
    { kind: 'kill-invoker', ordinal },
    { kind: 'restart-invoker', ordinal },
    { kind: 'pause-invoker', ordinal, forMs },
    { kind: 'pause-invoker', ordinal, forMs },
    { kind: 'place', invokers: 1 + below(invokers) },
    { kind: 'place', invokers: 1 + below(invokers) },
    { kind: 'kill-host', index: below(hosts) },
    { kind: 'restart-broker', signal: oneOf(['SIGTERM', 'SIGKILL']) },
    { kind: 'pause-broker', forMs },
    { kind: 'fail-function', forMs },
  ]);
}
