// The peers' models pinned to what their documentation says: Kubernetes' HPA, KEDA's Kafka scaler, Numaflow's autoscaler.
import { describe, expect, it } from 'vitest';
import type { Shape } from '../shapes.ts';
import { World } from '../world.ts';
import { createHpa, hpaDesired, hpaScaleUpLimit } from './hpa.ts';
import { type KedaOptions, keda, kedaDefaults, kedaMetric } from './keda.ts';
import { numaflow, numaflowDesired } from './numaflow.ts';
import type { Scaler } from './scaler.ts';

const partitions = 12;
const seconds = (n: number): number => n * 10;

/** A world in which the test says how many records come at each second, and calls take no time worth speaking of. */
function worldOf(name: string, rate: (t: number) => number, more: Partial<Shape> = {}): World {
  const shape: Shape = {
    name: `peers ${name}`,
    about: '',
    durationSeconds: 3600,
    partitions,
    shares: Array.from({ length: partitions }, () => 1 / partitions),
    seed: 1,
    rate,
    callMs: 1,
    recordMs: 0,
    podStartMs: 1_000,
    maxReplicas: partitions,
    ...more,
  };
  return new World(shape, { podsAreMembers: true, rebalanceMs: 0 });
}

/** Every change of replicas: second → replicas. */
function changes(world: World, scaler: Scaler, forSeconds: number): [second: number, replicas: number][] {
  const seen: [number, number][] = [];
  for (let tick = 0; tick < seconds(forSeconds); tick++) {
    world.tick();
    const before = world.replicas;
    scaler.act(world);
    if (world.replicas !== before) seen.push([world.nowMs / 1000, world.replicas]);
  }
  return seen;
}

describe('HorizontalPodAutoscaler (kubernetes: horizontal-pod-autoscale.md, horizontal.go)', () => {
  it.each([
    ['ceil of metric over target', 3, 55, 6],
    ['within the tolerance of 0.1: as it is', 5, 54, 5],
    ['within the tolerance below: as it is', 5, 45.1, 5],
    ['outside of it', 5, 56, 6],
    ['down', 5, 12, 2],
  ])('%s', (_, current, metric, desired) => expect(hpaDesired(current, metric, 10)).toBe(desired));
  it.each([
    [1, 5],
    [3, 7],
    [4, 8],
    [5, 10],
    [10, 20],
  ])('from %i it goes up to %i at most in 15 s: 100 %% or 4 pods', (current, limit) =>
    expect(hpaScaleUpLimit(current)).toBe(limit),
  );
  it('syncs every 15 s and comes down to the highest wish of the last 5 minutes', () => {
    const hpa = createHpa({ target: 10, maxReplicas: 12, syncMs: 15_000, scaleDownStabilizationMs: 300_000 });
    let current = 4;
    const wishes: [number, number][] = [];
    for (let second = 0; second <= 400; second++) {
      const wished = hpa.replicas(second * 1000, current, () => (second < 30 ? 80 : 20));
      if (wished !== current) wishes.push([second, wished]);
      current = wished;
    }
    // The last wish for 8 was at second 15.
    expect(wishes).toEqual([
      [0, 8],
      [315, 2],
    ]);
  });
  it('never goes below 1: zero is not its', () => {
    const hpa = createHpa({ target: 10, maxReplicas: 12, syncMs: 15_000, scaleDownStabilizationMs: 0 });
    expect(hpa.replicas(0, 3, () => 0)).toBe(1);
  });
});

describe('KEDA (keda-docs 2.18: apache-kafka.md, scaledobject-spec.md, scaling-deployments.md)', () => {
  it('has the documented defaults', () => {
    expect(kedaDefaults).toMatchObject({ pollingIntervalMs: 30_000, cooldownMs: 300_000, lagThreshold: 10 });
  });
  it('limits the metric so that replicas do not exceed partitions', () => {
    expect(kedaMetric(1_000_000, 10, 12)).toBe(120);
    expect(kedaMetric(70, 10, 12)).toBe(70);
  });
  const options: KedaOptions = { ...kedaDefaults, rebalanceMs: 0 };
  it('wakes at a poll, every 30 s; the HPA, kinder than it is, takes over at once', () => {
    const world = worldOf('wake', (t) => (t > 31 && t < 32 ? 100 : 0), { podStartMs: 200_000 });
    expect(changes(world, keda(options), 100)).toEqual([
      [60.1, 5],
      [75.1, 9],
    ]);
  });
  it('goes to zero at the first poll more than 300 s after one that saw lag', () => {
    const world = worldOf('cooldown', (t) => (t < 3 ? 20 : 0));
    const seen = changes(world, keda({ ...options, scaleDownStabilizationMs: 0 }), 400);
    // Lag was seen at second 0.1; a poll at 300.1 is not yet after the cooldown.
    expect(seen.at(-1)).toEqual([330.1, 0]);
  });
  it('stays awake while a poll sees lag', () => {
    const world = worldOf('awake', () => 50, { callMs: 5_000, maxReplicas: 1 });
    expect(changes(world, keda(options), 1_000)).toEqual([[0.1, 1]]);
  });
});

describe('Numaflow (numaflow: autoscaling.md, pkg/reconciler/monovertex/scaling/scaling.go)', () => {
  it.each([
    ['nothing pending, nothing done: zero', 3, 3, 0, 0, 0],
    ['no rate: as it is', 3, 3, 500, 0, 3],
    ['pending over rate over 20 s, times ready', 2, 2, 6_000, 100, 6],
    ['rounded', 2, 2, 2_400, 100, 2],
    ['only without both zero: at least one', 4, 4, 1, 100, 1],
    ['never more than pending', 10, 10, 3, 0.01, 3],
    ['by ready replicas', 6, 2, 6_000, 100, 6],
  ])('%s', (_, replicas, ready, pending, rate, desired) =>
    expect(numaflowDesired(replicas, ready, pending, rate)).toBe(desired),
  );
  const kind = { name: 'Numaflow', rebalanceMs: 0 };
  it('peeks with one pod every 120 s while it sleeps; after 90 s without anything it sleeps again', () => {
    const world = worldOf('sleep', () => 0);
    expect(changes(world, numaflow(kind), 500)).toEqual([
      [0.1, 1],
      [90.1, 0],
      [210.1, 1],
      [300.1, 0],
      [420.1, 1],
    ]);
  });
  it('goes by steps of two, 90 s apart', () => {
    const world = worldOf('steps', () => 1_000, { callMs: 1_000 });
    const seen = changes(world, numaflow(kind), 400);
    expect(seen).toEqual([
      [0.1, 1],
      [90.1, 3],
      [180.1, 5],
      [270.1, 7],
      [360.1, 9],
    ]);
  });
});
