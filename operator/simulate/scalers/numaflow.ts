// Numaflow's autoscaler for a source vertex, as documented: pending ÷ rate against a target of 20 s, steps of two, cooldowns of 90 s.
import { lagOf, type Scaler } from './scaler.ts';

const lookbackMs = 120_000;
const targetProcessingSeconds = 20;
const cooldownMs = 90_000;
const replicasPerStep = 2;
const zeroReplicaSleepMs = 120_000;
/** The autoscaler's own period for one vertex. */
const periodMs = 5_000;

/** `round(pending ÷ rate ÷ target × ready)`; 0 without pending and without rate; at most what `pending` alone asks for. */
export function numaflowDesired(ready: number, pending: number, ratePerSecond: number): number {
  if (pending === 0 && ratePerSecond === 0) return 0;
  if (ratePerSecond === 0) return Math.max(1, ready);
  return Math.max(1, Math.round((pending / ratePerSecond / targetProcessingSeconds) * ready));
}

export function numaflow(rebalanceMs = 3_000): Scaler {
  let nextMs = 0;
  let lastScaledMs = Number.NEGATIVE_INFINITY;
  let zeroSinceMs: number | null = 0;
  let history: { atMs: number; done: number; lag: number }[] = [];
  return {
    name: 'Numaflow',
    rebalanceMs,
    act(world) {
      const { nowMs } = world;
      if (nowMs < nextMs) return;
      nextMs = nowMs + periodMs;
      const done = world.lanes.reduce((sum, l) => sum + l.done, 0);
      history = [...history.filter((h) => h.atMs >= nowMs - lookbackMs), { atMs: nowMs, done, lag: lagOf(world) }];
      if (world.replicas === 0) {
        // At zero it cannot see: it wakes one pod to peek.
        if (zeroSinceMs !== null && nowMs - zeroSinceMs >= zeroReplicaSleepMs) {
          world.setReplicas(1);
          lastScaledMs = nowMs;
          zeroSinceMs = null;
        }
        return;
      }
      if (nowMs - lastScaledMs < cooldownMs) return;
      const first = history[0];
      const elapsed = first === undefined ? 0 : (nowMs - first.atMs) / 1000;
      const rate = first === undefined || elapsed <= 0 ? 0 : (done - first.done) / elapsed;
      const pending = history.reduce((sum, h) => sum + h.lag, 0) / history.length;
      const desired = Math.min(
        numaflowDesired(world.ready, pending, rate),
        world.shape.maxReplicas,
        world.shape.partitions,
      );
      if (desired === world.replicas) return;
      const wanted =
        desired > world.replicas
          ? Math.min(desired, world.replicas + replicasPerStep)
          : Math.max(desired, world.replicas - replicasPerStep);
      world.setReplicas(wanted);
      lastScaledMs = nowMs;
      if (wanted === 0) zeroSinceMs = nowMs;
    },
  };
}
