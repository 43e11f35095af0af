// KEDA's Kafka scaler as documented (2.18): its own loop between 0 and 1, a HorizontalPodAutoscaler between 1 and n.
import { createHpa } from './hpa.ts';
import { halts, lagOf, type Scaler } from './scaler.ts';

export interface KedaOptions {
  readonly name: string;
  /** `pollingInterval`. */
  readonly pollingIntervalMs: number;
  /** `cooldownPeriod`: from the last poll that saw lag to zero. */
  readonly cooldownMs: number;
  /** `lagThreshold`: lag that one replica may have. */
  readonly lagThreshold: number;
  readonly syncMs: number;
  readonly scaleDownStabilizationMs: number;
  readonly rebalanceMs: number;
}

export const kedaDefaults: KedaOptions = {
  name: 'KEDA',
  pollingIntervalMs: 30_000,
  cooldownMs: 300_000,
  lagThreshold: 10,
  syncMs: 15_000,
  scaleDownStabilizationMs: 300_000,
  rebalanceMs: halts.usual,
};

/** What the scaler tells the HPA: the lag, limited so that there are never more replicas than partitions. */
export const kedaMetric = (lag: number, lagThreshold: number, partitions: number): number =>
  Math.min(lag, lagThreshold * partitions);

export function keda(options: KedaOptions): Scaler {
  let hpa: ReturnType<typeof createHpa> | undefined;
  let nextPollMs = 0;
  let lastActiveMs = Number.NEGATIVE_INFINITY;
  return {
    name: options.name,
    group: { podsAreMembers: true, rebalanceMs: options.rebalanceMs },
    act(world) {
      const { nowMs, shape } = world;
      hpa ??= createHpa({ ...options, target: options.lagThreshold, maxReplicas: shape.maxReplicas });
      if (nowMs >= nextPollMs) {
        nextPollMs = nowMs + options.pollingIntervalMs;
        // activationLagThreshold is 0, and strictly more is active.
        const active = lagOf(world) > 0;
        if (active) lastActiveMs = nowMs;
        if (active && world.replicas === 0) world.setReplicas(1);
        if (!active && nowMs - lastActiveMs > options.cooldownMs) world.setReplicas(0);
      }
      if (world.replicas === 0) return;
      const metric = (): number => kedaMetric(lagOf(world), options.lagThreshold, shape.partitions);
      world.setReplicas(hpa.replicas(nowMs, world.replicas, metric));
    },
  };
}
