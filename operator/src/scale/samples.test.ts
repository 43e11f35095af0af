// What is read off a window of lag samples: work, rates, activity, misses.
import { describe, expect, it } from 'vitest';
import type { BindingSample } from '#contract/scout.ts';
import {
  arrivalPerSecond,
  delayMs,
  donePerSecond,
  emptyWindow,
  partitionCount,
  partitionLoads,
  rateWindowMs,
  type SampleWindow,
  shareWindowMs,
  windowSamplesMax,
  withActivity,
  withSample,
  work,
} from './samples.ts';

/** `[logEnd, committed]` for each partition. */
const sample = (atMs: number, ...partitions: readonly (readonly [number, number])[]): BindingSample => ({
  uid: 'u',
  atMs,
  outcome: {
    kind: 'sampled',
    topicId: 't',
    positioned: true,
    delayMs: null,
    partitions: partitions.map(([logEnd, committed], partition) => ({
      partition,
      logStart: 0,
      logEnd,
      committed,
      lag: logEnd - committed,
    })),
  },
});
const failed = (atMs: number): BindingSample => ({
  uid: 'u',
  atMs,
  outcome: { kind: 'failed', reason: 'BrokerUnreachable', message: 'x' },
});
const windowOf = (...samples: readonly BindingSample[]): SampleWindow => samples.reduce(withSample, emptyWindow);
const none = new Set<number>();

describe('sample window', () => {
  it('takes rates from progress of ends and commits', () => {
    const window = windowOf(sample(0, [0, 0]), sample(1000, [100, 50]), sample(2000, [200, 150]));
    expect(arrivalPerSecond(window, none)).toBe(100);
    expect(donePerSecond(window)).toBe(75);
    expect(work(window, none)).toBe(50);
  });
  it('leaves blocked partitions out', () => {
    const window = windowOf(sample(0, [10, 0], [5, 0]));
    expect(work(window, new Set([0]))).toBe(5);
    expect(partitionLoads(window, new Set([0])).map((l) => l.partition)).toEqual([1]);
  });
  it('is active while there is lag or arrival, and told activity', () => {
    const idle = windowOf(sample(0, [5, 5]), sample(1000, [5, 5]));
    expect(idle.lastActiveMs).toBe(0);
    expect(withSample(idle, sample(2000, [6, 6])).lastActiveMs).toBe(2000);
    expect(withSample(idle, sample(2000, [6, 5])).lastActiveMs).toBe(2000);
    expect(withActivity(idle, 1500).lastActiveMs).toBe(1500);
  });
  it('holds on a failed sample and counts the misses until a good one', () => {
    const window = windowOf(sample(0, [5, 1]), failed(1000), failed(2000));
    expect(work(window, none)).toBe(4);
    expect(window.misses).toBe(2);
    expect(withSample(window, sample(3000, [5, 1])).misses).toBe(0);
  });
  it('ignores a sample that is not newer', () => {
    const window = windowOf(sample(1000, [5, 5]));
    expect(withSample(window, sample(1000, [9, 5]))).toBe(window);
  });
  it('is bounded in number and in time, with what rates and shares need', () => {
    const samples = Array.from({ length: 500 }, (_, i) => sample(i * 1000, [i * 10, i * 10]));
    const { points } = windowOf(...samples);
    expect(points.length).toBeLessThanOrEqual(rateWindowMs / 1000 + shareWindowMs / 10_000 + 3);
    expect(499_000 - (points[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(shareWindowMs);
    expect(499_000 - (points[0]?.atMs ?? 0)).toBeLessThanOrEqual(shareWindowMs + rateWindowMs);
    const quick = Array.from({ length: windowSamplesMax + 500 }, (_, i) => sample(i * 10, [i, i]));
    expect(windowOf(...quick).points.length).toBeLessThanOrEqual(windowSamplesMax);
  });
});

/** One partition to which `perSecond(t)` records came in second t; all done. */
const arriving = (seconds: number, perSecond: (t: number) => number): SampleWindow => {
  let end = 0;
  return windowOf(
    ...Array.from({ length: seconds + 1 }, (_, t) => {
      if (t > 0) end += perSecond(t);
      return sample(t * 1000, [end, end]);
    }),
  );
};

describe('arrivals', () => {
  it.each([
    ['constant', arriving(30, () => 100), 100, 100],
    ['a step up is believed at once, as far as it is certain', arriving(30, (t) => (t < 30 ? 100 : 1000)), 900, 910],
    ['and within seconds as a whole', arriving(33, (t) => (t < 30 ? 100 : 1000)), 940, 1000],
    ['an end is believed at once', arriving(30, (t) => (t < 30 ? 1000 : 0)), 0, 10],
    ['what chance explains is none', arriving(30, (t) => (t < 30 ? 100 : 125)), 100, 103],
    ['few records say little', arriving(30, (t) => (t % 5 === 0 ? 1 : 0)), 0.1, 0.3],
  ])('%s', (_, window, least, most) => {
    expect(arrivalPerSecond(window, none)).toBeGreaterThanOrEqual(least);
    expect(arrivalPerSecond(window, none)).toBeLessThanOrEqual(most);
  });
  it('none until two samples are there', () => {
    expect(arrivalPerSecond(emptyWindow, none)).toBe(0);
    expect(arrivalPerSecond(windowOf(sample(0, [9, 9])), none)).toBe(0);
  });
  it('a log that begins anew is no arrival', () => {
    expect(arrivalPerSecond(windowOf(sample(0, [900, 900]), sample(1000, [0, 0])), none)).toBe(0);
  });
});

describe('loads of partitions', () => {
  it('are shares of what arrives, and what is owed; idle ones are left out', () => {
    const window = windowOf(sample(0, [0, 0], [0, 0], [5, 5]), sample(10_000, [3000, 3000], [1000, 900], [5, 5]));
    const loads = partitionLoads(window, none);
    expect(loads.map((l) => [l.partition, l.work, Math.round(l.usual)])).toEqual([
      [0, 0, 300],
      [1, 100, 100],
    ]);
    expect(loads[0]?.arrival).toBeGreaterThan(280);
    expect(loads[0]?.arrival).toBeLessThan(300);
    expect(loads[1]?.arrival).toBeCloseTo(100, 5);
  });
  it('a difference that chance explains is none', () => {
    const loads = partitionLoads(windowOf(sample(0, [0, 0], [0, 0]), sample(10_000, [110, 110], [90, 90])), none);
    expect(loads[0]?.arrival).toBeCloseTo(10, 5);
  });
  it('of an empty window are none', () => expect(partitionLoads(emptyWindow, none)).toEqual([]));
});

describe('what is read off', () => {
  const late = (atMs: number, delay: number | null): BindingSample => {
    const { outcome, ...rest } = sample(atMs, [7, 3], [9, 9]);
    return { ...rest, outcome: { ...outcome, delayMs: delay } as BindingSample['outcome'] };
  };
  it('the newest sample alone says how late it runs, and over how many partitions', () => {
    const window = windowOf(late(0, 9_000), late(1_000, 1_500));
    expect([delayMs(window), partitionCount(window)]).toEqual([1_500, 2]);
    expect(delayMs(windowOf(late(0, null)))).toBeNull();
  });
  it('nothing without a sample', () => {
    expect([delayMs(emptyWindow), partitionCount(emptyWindow), work(emptyWindow, none)]).toEqual([null, 0, 0]);
    expect(partitionLoads(emptyWindow, none)).toEqual([]);
  });
  it('why the last sample failed, until one is good', () => {
    const window = windowOf(sample(0, [1, 1]), failed(1_000), failed(2_000));
    expect(window).toMatchObject({ misses: 2, lastFailure: 'BrokerUnreachable: x' });
    expect(withSample(window, sample(3_000, [1, 1]))).toMatchObject({ misses: 0, lastFailure: null });
  });
  it('the later of two activities', () => {
    const window = windowOf(sample(5_000, [1, 1]));
    expect(withActivity(window, 4_000).lastActiveMs).toBe(5_000);
    expect(withActivity(window, 6_000).lastActiveMs).toBe(6_000);
  });
});
