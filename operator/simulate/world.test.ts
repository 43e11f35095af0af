// The world obeys its own rules: capacity, one pod a partition, pod start, halts, what is counted.
import { describe, expect, it } from 'vitest';
import { tickMs } from './arrivals.ts';
import { run } from './run.ts';
import type { Scaler } from './scalers/scaler.ts';
import { type Shape, shapes } from './shapes.ts';
import { World } from './world.ts';

const shape: Shape = {
  name: 'test',
  about: '',
  durationSeconds: 60,
  partitions: 4,
  shares: [0.25, 0.25, 0.25, 0.25],
  seed: 1,
  rate: () => 100,
  callMs: 20,
  recordMs: 4,
  podStartMs: 2_000,
  maxReplicas: 4,
};
/** A shape of its own name: arrivals are drawn once for each name. */
const shapeWith = (name: string, more: Partial<Shape>): Shape => ({ ...shape, ...more, name });
const fixed = (replicas: number, podsAreMembers = false, rebalanceMs = 0): Scaler => ({
  name: 'fixed',
  group: { podsAreMembers, rebalanceMs },
  act: (world) => world.setReplicas(replicas),
});

describe('capacity', () => {
  it('a pod moves at most what one call after the other moves', () => {
    const flood = shapeWith('flood', { rate: () => 10_000 });
    for (const pods of [1, 2, 4]) {
      const { result } = run(flood, fixed(pods));
      // 100 records a call of 420 ms, from second 2.1 on.
      const most = (pods * 100 * (60_000 - 2_100)) / 420;
      const done = 600_000 - result.undone;
      expect(done).toBeGreaterThan(0.97 * most);
      expect(done).toBeLessThan(1.01 * most);
    }
  });
  it('keeps up where there is capacity, with the time of a call and no more', () => {
    const { result } = run(shapeWith('light', { rate: () => 4 }), fixed(4));
    expect(result.delayMs.p50).toBeGreaterThanOrEqual(20);
    expect(result.delayMs.p50).toBeLessThanOrEqual(40);
    // What came before the first pod was ready waited for it.
    expect(result.delayMs.max).toBeGreaterThan(1_500);
    expect(result.delayMs.max).toBeLessThan(2_500);
  });
  it('no replica, nothing done', () => {
    expect(run(shapeWith('none', {}), fixed(0)).result).toMatchObject({ replicaSeconds: 0, scaleChanges: 0 });
  });
});

describe('accounts', () => {
  it('a replica costs from the moment it is wished', () => {
    expect(run(shapeWith('cost', {}), fixed(3)).result.replicaSeconds).toBeCloseTo(180, 0);
  });
  it('every record is done or undone, once', () => {
    const world = new World(shapeWith('sum', {}), fixed(2).group);
    world.setReplicas(2);
    for (let tick = 0; tick < 600; tick++) {
      world.tick();
      if (tick % 70 === 0) world.setReplicas((tick % 4) + 1);
    }
    const produced = world.lanes.reduce((sum, l) => sum + l.produced, 0);
    const done = world.lanes.reduce((sum, l) => sum + l.done, 0);
    expect(world.result().undone).toBe(produced - done);
    expect(done).toBeGreaterThan(0.9 * produced);
  });
  it('a partition that is blocked at some time is left out of the delays, whoever scales', () => {
    const blocked = shapeWith('blocked', { blocked: { partition: 1, from: 5, to: 60 } });
    const { result } = run(blocked, fixed(4));
    expect(result.undone).toBeGreaterThan(1_000);
    expect(result.delayMs.max).toBeLessThan(2_500);
  });
});

describe('members of the group', () => {
  it('moves as few partitions as can be, and none from or to nobody', () => {
    const world = new World(shapeWith('moves', {}), { podsAreMembers: true, rebalanceMs: 0 });
    const at = (replicas: number): number => {
      world.setReplicas(replicas);
      for (let tick = 0; tick < 30; tick++) world.tick();
      return world.result().handOvers;
    };
    expect(at(1)).toBe(0);
    expect(at(2)).toBe(2);
    expect(at(4)).toBe(4);
    expect(at(1)).toBe(7);
    expect(at(0)).toBe(7);
  });
  it('halts for the time of a rebalance', () => {
    const late = run(shapeWith('halt', { rate: () => 4 }), fixed(4, true, 3_000)).result;
    expect(late.delayMs.max).toBeGreaterThan(4_500);
    expect(late.delayMs.max).toBeLessThan(5_500);
  });
  it('pods that are no members hand nothing over', () => {
    const world = new World(shapeWith('guests', {}), { podsAreMembers: false, rebalanceMs: 3_000 });
    for (const replicas of [1, 4, 2]) {
      world.setReplicas(replicas);
      for (let tick = 0; tick < 30; tick++) world.tick();
    }
    expect(world.result().handOvers).toBe(0);
  });
});

describe('frozen shapes', () => {
  it('are ten, with shares that sum to one, and the same arrivals whenever they are drawn', () => {
    expect(shapes.map(({ seed }) => seed)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    for (const { shares } of shapes) expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    const [step] = shapes;
    if (step === undefined) throw new Error('no shape');
    const world = new World(step, fixed(0).group);
    for (let tick = 0; tick < 60_000 / tickMs; tick++) world.tick();
    expect(world.lanes.map((lane) => lane.produced)).toEqual(pinnedMinute);
  });
});

/** Records of the shape `step` in its first minute, by partition. */
const pinnedMinute = [266, 229, 230, 249, 266, 269, 262, 237, 242, 257, 273, 239];
