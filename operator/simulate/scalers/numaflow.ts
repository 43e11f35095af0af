// Numaflow's autoscaler for a source vertex, as documented: pending ÷ rate against a target of 20 s, steps of two, cooldowns of 90 s.
import { doneOf, halts, lagOf, type Scaler } from './scaler.ts';

/** Defaults of `scale` in its reference (autoscaling.md). */
export const numaflowDefaults = {
  lookbackMs: 120_000,
  targetProcessingSeconds: 20,
  cooldownMs: 90_000,
  replicasPerStep: 2,
  zeroReplicaSleepMs: 120_000,
} as const;
/** How often a vertex is looked at. Its task interval has been 30 s; the model is quicker. */
const periodMs = 5_000;

/** `round(pending ÷ rate ÷ target × ready)`, at least 1, at most `pending`; 0 only without pending and without rate; no rate: as it is. */
export function numaflowDesired(replicas: number, ready: number, pending: number, ratePerSecond: number): number {
  if (pending === 0 && ratePerSecond === 0) return 0;
  if (ratePerSecond === 0) return replicas;
  const desired = Math.round((pending / ratePerSecond / numaflowDefaults.targetProcessingSeconds) * ready);
  return Math.max(1, pending >= 1 ? Math.min(desired, Math.floor(pending)) : desired);
}

export interface NumaflowOptions {
  readonly name: string;
  readonly rebalanceMs: number;
}

export function numaflow(options: NumaflowOptions = { name: 'Numaflow', rebalanceMs: halts.usual }): Scaler {
  const { lookbackMs, cooldownMs, replicasPerStep, zeroReplicaSleepMs } = numaflowDefaults;
  let nextMs = 0;
  // Never scaled: the first peek comes at once.
  let lastScaledMs = Number.NEGATIVE_INFINITY;
  let history: { atMs: number; done: number; lag: number }[] = [];
  return {
    name: options.name,
    group: { podsAreMembers: true, rebalanceMs: options.rebalanceMs },
    act(world) {
      const { nowMs } = world;
      if (nowMs < nextMs) return;
      nextMs = nowMs + periodMs;
      const seen = { atMs: nowMs, done: doneOf(world), lag: lagOf(world) };
      history = [...history.filter((h) => h.atMs >= nowMs - lookbackMs), seen];
      const scale = (replicas: number): void => {
        if (replicas !== world.replicas) lastScaledMs = nowMs;
        world.setReplicas(replicas);
      };
      // At zero it cannot see: it wakes one pod to peek.
      if (world.replicas === 0) return nowMs - lastScaledMs >= zeroReplicaSleepMs ? scale(1) : undefined;
      if (nowMs - lastScaledMs < cooldownMs || world.ready === 0) return;
      const first = history[0] ?? seen;
      const rate = nowMs > first.atMs ? ((seen.done - first.done) * 1000) / (nowMs - first.atMs) : 0;
      const pending = Math.ceil(history.reduce((sum, h) => sum + h.lag, 0) / history.length);
      // It has no cap at the partitions of its own; the model gives it one, where more members than partitions would be idle.
      const { maxReplicas, partitions } = world.shape;
      const desired = Math.min(numaflowDesired(world.replicas, world.ready, pending, rate), maxReplicas, partitions);
      const step = Math.max(-replicasPerStep, Math.min(replicasPerStep, desired - world.replicas));
      scale(world.replicas + step);
    },
  };
}
