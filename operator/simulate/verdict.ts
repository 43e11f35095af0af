// On which side of a peer a run is: lateness against lateness, replica-seconds against replica-seconds.
import { tickMs } from './arrivals.ts';
import type { Run } from './run.ts';

export interface Verdict {
  /** Ours ÷ theirs; below 1 is better. */
  readonly delay: number;
  readonly cost: number;
  /** Not worse in either. */
  readonly ahead: boolean;
}

/** Delays are compared at the resolution of arrivals: nothing below it can be told apart. */
export function verdict(ours: Run, peer: Run, figure: 'p99' | 'max'): Verdict {
  const delay = resolved(ours.result.delayMs[figure]) / resolved(peer.result.delayMs[figure]);
  const cost = ours.result.replicaSeconds / peer.result.replicaSeconds;
  return { delay, cost, ahead: delay <= 1 && cost <= 1 };
}

const resolved = (ms: number): number => Math.max(1, Math.round(ms / tickMs)) * tickMs;
