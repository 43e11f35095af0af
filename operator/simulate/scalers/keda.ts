// KEDA's Kafka scaler through a HorizontalPodAutoscaler, as documented: two loops, one for 0 ↔ 1, one for 1 … n.
import { lagOf, type Scaler } from './scaler.ts';

/** Defaults of KEDA 2.21 (`pollingInterval`, `cooldownPeriod`, `lagThreshold`) and of the HPA (sync period, tolerance, behavior). */
export interface KedaOptions {
  readonly name: string;
  readonly pollingIntervalMs: number;
  readonly cooldownMs: number;
  /** Lag that one replica may have. */
  readonly lagThreshold: number;
  /** `--horizontal-pod-autoscaler-sync-period`, a flag of the cluster, not of KEDA. */
  readonly syncMs: number;
  readonly scaleDownStabilizationMs: number;
  /** What it scales are consumers: each change is a rebalance. Users report 10 s and more (kedacore/keda#2401, #5096). */
  readonly rebalanceMs: number;
}

export const kedaDefaults: KedaOptions = {
  name: 'KEDA',
  pollingIntervalMs: 30_000,
  cooldownMs: 300_000,
  lagThreshold: 10,
  syncMs: 15_000,
  scaleDownStabilizationMs: 300_000,
  rebalanceMs: 3_000,
};

const tolerance = 0.1;

/** autoscaling/v2's default scaleUp: by 100 % or 4 pods in 15 s, whichever is more. */
export const hpaScaleUpLimit = (current: number): number => Math.max(current * 2, current + 4);

/** `ceil(currentReplicas × (metric per replica ÷ target))` outside the tolerance, which for an external AverageValue is lag ÷ threshold. */
export function hpaDesired(current: number, lag: number, threshold: number): number {
  const ratio = lag / (threshold * current);
  return Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(lag / threshold);
}

export function keda(options: KedaOptions): Scaler {
  let nextPollMs = 0;
  let nextSyncMs = 0;
  let lastActiveMs = Number.NEGATIVE_INFINITY;
  let recommendations: { atMs: number; replicas: number }[] = [];
  return {
    name: options.name,
    rebalanceMs: options.rebalanceMs,
    act(world) {
      const { nowMs } = world;
      if (nowMs >= nextPollMs) {
        nextPollMs = nowMs + options.pollingIntervalMs;
        const lag = lagOf(world);
        if (lag > 0) lastActiveMs = nowMs;
        if (world.replicas === 0 && lag > 0) world.setReplicas(1);
        if (world.replicas > 0 && lag === 0 && nowMs - lastActiveMs >= options.cooldownMs) {
          world.setReplicas(0);
          recommendations = [];
        }
      }
      if (world.replicas > 0 && nowMs >= nextSyncMs) {
        nextSyncMs = nowMs + options.syncMs;
        // The scaler limits the metric so that there are never more replicas than partitions.
        const lag = Math.min(lagOf(world), options.lagThreshold * world.shape.partitions);
        const raw = Math.max(
          1,
          Math.min(hpaDesired(world.replicas, lag, options.lagThreshold), world.shape.maxReplicas),
        );
        recommendations = [
          ...recommendations.filter((r) => r.atMs > nowMs - options.scaleDownStabilizationMs),
          { atMs: nowMs, replicas: raw },
        ];
        const stabilized = Math.max(...recommendations.map((r) => r.replicas));
        const wanted =
          raw >= world.replicas ? Math.min(raw, hpaScaleUpLimit(world.replicas)) : Math.min(stabilized, world.replicas);
        world.setReplicas(wanted);
      }
    },
  };
}
