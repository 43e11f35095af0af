// Who meets whom: on every shape ours, and each peer as it comes, tuned, and in the kinder variant without any halt at rebalances.
import { type Run, run } from './run.ts';
import { type HeadraceOptions, headrace } from './scalers/headrace.ts';
import { type KedaOptions, keda, kedaDefaults } from './scalers/keda.ts';
import { numaflow } from './scalers/numaflow.ts';
import { halts } from './scalers/scaler.ts';
import type { Shape } from './shapes.ts';

/** The same patience for everybody who can be told it: how long nothing must come before zero. */
const idleTimeoutMs = 60_000;

export interface Contest {
  readonly shape: Shape;
  /** The setting that is compared, the same on all shapes. */
  readonly ours: Run;
  /** Ours with other targets: what the knob does. */
  readonly others: readonly Run[];
  /** Peers that halt at every rebalance, and the same peers without. */
  readonly peers: readonly Run[];
  readonly kinder: readonly Run[];
}

export function contest(shape: Shape): Contest {
  return {
    shape,
    ours: ours(shape, 'Headrace', { kind: 'Delay', ms: 30_000 }),
    others: [
      ours(shape, 'Headrace, lag 1000', { kind: 'Lag', records: 1_000 }),
      ours(shape, 'Headrace, delay 2s', { kind: 'Delay', ms: 2_000 }),
    ],
    peers: peers(shape, halts.usual, ''),
    kinder: peers(shape, halts.none, ', no halt'),
  };
}

const ours = (shape: Shape, name: string, target: HeadraceOptions['target']): Run =>
  run(shape, headrace({ name, target, idleTimeoutMs }));

function peers(shape: Shape, rebalanceMs: number, suffix: string): readonly Run[] {
  return [
    run(shape, keda({ ...kedaDefaults, name: `KEDA${suffix}`, rebalanceMs })),
    tunedKeda(shape, { ...kedaDefaults, name: `KEDA tuned${suffix}`, rebalanceMs }),
    run(shape, numaflow({ name: `Numaflow${suffix}`, rebalanceMs })),
  ];
}

const thresholds = [5, 10, 20, 50, 100, 200, 500, 1000, 2000];
const windowsMs = [300_000, 60_000, 15_000];

/** One poll a second, our idle time, and of all thresholds and scale-down windows the best for this very shape: least p99 × replica-seconds. */
function tunedKeda(shape: Shape, defaults: KedaOptions): Run {
  const cost = ({ result }: Run): number => (result.delayMs.p99 + 100) * result.replicaSeconds;
  let best: Run | undefined;
  for (const lagThreshold of thresholds) {
    for (const scaleDownStabilizationMs of windowsMs) {
      const options = { ...defaults, lagThreshold, scaleDownStabilizationMs };
      const tried = run(shape, keda({ ...options, pollingIntervalMs: 1000, cooldownMs: idleTimeoutMs }));
      if (best === undefined || cost(tried) < cost(best)) best = tried;
    }
  }
  return best as Run;
}
