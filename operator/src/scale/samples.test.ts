// What is read off a window of lag samples: work, rates, activity, misses.
import { describe, expect, it } from 'vitest';
import type { BindingSample } from '#contract/scout.ts';
import {
  arrivalPerSecond,
  busyPartitions,
  donePerSecond,
  emptyWindow,
  type SampleWindow,
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
    expect(arrivalPerSecond(window)).toBe(100);
    expect(donePerSecond(window)).toBe(75);
    expect(work(window, none)).toBe(50);
  });
  it('leaves blocked partitions out', () => {
    const window = windowOf(sample(0, [10, 0], [5, 0]));
    expect(work(window, new Set([0]))).toBe(5);
    expect(busyPartitions(window, new Set([0]))).toBe(1);
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
  it('is bounded', () => {
    const samples = Array.from({ length: windowSamplesMax + 50 }, (_, i) => sample(i * 1000, [i, i]));
    expect(windowOf(...samples).points.length).toBe(windowSamplesMax);
  });
});
