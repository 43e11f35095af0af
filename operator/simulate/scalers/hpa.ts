// A HorizontalPodAutoscaler with its defaults on an external metric, as documented and as in kubernetes' horizontal.go.

/** Changes of the ratio within this are ignored (`--horizontal-pod-autoscaler-tolerance`). */
const tolerance = 0.1;

/** autoscaling/v2's default scaleUp: by 100 % or 4 pods in 15 s, whichever is more; one sync lies in each such period. */
export const hpaScaleUpLimit = (current: number): number => Math.max(current * 2, current + 4);

/** AverageValue of an external metric: `ceil(metric ÷ target)`, unless that is within the tolerance of what runs. */
export function hpaDesired(current: number, metric: number, target: number): number {
  const ratio = metric / (target * current);
  return Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(metric / target);
}

export interface HpaOptions {
  readonly target: number;
  readonly maxReplicas: number;
  /** `--horizontal-pod-autoscaler-sync-period`, a flag of the cluster. */
  readonly syncMs: number;
  /** `behavior.scaleDown.stabilizationWindowSeconds`, 300 s by default: the highest wish of this long holds. */
  readonly scaleDownStabilizationMs: number;
}

export interface Hpa {
  /** What the HPA sets when asked at `nowMs`; `current` where it is not its time yet. Not to be asked at 0 replicas: it is disabled there. */
  replicas(nowMs: number, current: number, metric: () => number): number;
}

export function createHpa(options: HpaOptions): Hpa {
  let nextSyncMs = 0;
  let wishes: { atMs: number; replicas: number }[] = [];
  return {
    replicas(nowMs, current, metric) {
      if (nowMs < nextSyncMs) return current;
      nextSyncMs = nowMs + options.syncMs;
      const desired = hpaDesired(current, metric(), options.target);
      const wish = Math.max(1, Math.min(desired, options.maxReplicas));
      wishes = [
        ...wishes.filter((w) => w.atMs > nowMs - options.scaleDownStabilizationMs),
        { atMs: nowMs, replicas: wish },
      ];
      if (wish >= current) return Math.min(wish, hpaScaleUpLimit(current));
      return Math.min(current, Math.max(...wishes.map((w) => w.replicas)));
    },
  };
}
