// `make simulate`: every scaler on every shape, a table on standard output.
import { headrace } from './scalers/headrace.ts';
import { type KedaOptions, keda, kedaDefaults } from './scalers/keda.ts';
import { numaflow } from './scalers/numaflow.ts';
import type { Scaler } from './scalers/scaler.ts';
import { type Shape, shapes } from './shapes.ts';
import { createWorld, type Result, tickMs } from './world.ts';

/** The same patience for everybody who can be told it: how long nothing must come before zero. */
const idleTimeoutMs = 60_000;

export function simulate(shape: Shape, scaler: Scaler): Result {
  const world = createWorld(shape, scaler.rebalanceMs);
  const ticks = (shape.durationSeconds * 1000) / tickMs;
  for (let tick = 0; tick < ticks; tick++) {
    world.tick();
    if (world.nowMs % 1000 === 0) scaler.act(world);
  }
  return world.result();
}

/** KEDA tuned: 1 s poll, our idle time, scale-down stabilisation as ours; its best threshold per shape by grid search, on delay p99 × cost. */
export function tunedKeda(shape: Shape): Result {
  const grid = [5, 10, 20, 50, 100, 200, 500, 1000];
  const options: KedaOptions = {
    ...kedaDefaults,
    name: 'KEDA tuned',
    pollingIntervalMs: 1000,
    cooldownMs: idleTimeoutMs,
  };
  const results = grid.map((lagThreshold) => simulate(shape, keda({ ...options, lagThreshold })));
  const cost = (r: Result): number => Math.log(r.delayMs.p99 + 1) + Math.log(r.replicaSeconds + 1);
  return results.toSorted((a, b) => cost(a) - cost(b))[0] as Result;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);
console.log(
  'shape'.padEnd(20),
  'scaler'.padEnd(12),
  ['p50 s', 'p99 s', 'max s', 'replica-s', 'changes', 'undone'].map((h) => h.padStart(10)).join(''),
);
for (const shape of shapes) {
  const results: [string, Result][] = [
    ['Headrace', simulate(shape, headrace({ name: 'Headrace', target: { kind: 'Delay', ms: 10_000 }, idleTimeoutMs }))],
    ['KEDA', simulate(shape, keda(kedaDefaults))],
    ['KEDA tuned', tunedKeda(shape)],
    ['Numaflow', simulate(shape, numaflow())],
  ];
  for (const [name, r] of results) {
    const cells = [
      seconds(r.delayMs.p50),
      seconds(r.delayMs.p99),
      seconds(r.delayMs.max),
      r.replicaSeconds.toFixed(0),
      String(r.scaleChanges),
      String(r.undone),
    ];
    console.log(shape.name.padEnd(20), name.padEnd(12), cells.map((c) => c.padStart(10)).join(''));
  }
}
