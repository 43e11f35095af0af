// Lateness by what was seen to come: exact to a sample, null where it came before, bounded in memory.
import { describe, expect, it } from 'vitest';
import type { PartitionSample } from '#contract/scout.ts';
import { delayOf, type Ends, withEnds } from './ages.ts';

const p = (logEnd: number, committed: number, partition = 0): PartitionSample => ({
  partition,
  logStart: 0,
  logEnd,
  committed,
  lag: Math.max(0, logEnd - committed),
});
/** One sample each second, from second 0. */
const seen = (...samples: readonly (readonly PartitionSample[])[]): Ends =>
  samples.reduce<Ends>((ends, partitions, i) => withEnds(ends, partitions, i * 1000), new Map());

describe('delay', () => {
  it('is 0 without lag', () => expect(delayOf(seen([p(5, 5)]), [p(5, 5)], 9000)).toBe(0));
  it('is unknown for what was there at the first look', () => {
    expect(delayOf(seen([p(5, 3)]), [p(5, 3)], 9000)).toBeNull();
  });
  it('counts from the last moment at which it had not come', () => {
    const ends = seen([p(5, 5)], [p(5, 5)], [p(8, 5)], [p(9, 5)]);
    expect(delayOf(ends, [p(9, 5)], 4000)).toBe(3000);
    expect(delayOf(ends, [p(9, 8)], 4000)).toBe(2000);
  });
  it('is that of the latest partition, and unknown when one is', () => {
    const ends = seen([p(5, 5), p(5, 5, 1)], [p(6, 5), p(5, 5, 1)], [p(6, 5), p(6, 5, 1)]);
    expect(delayOf(ends, [p(6, 5), p(6, 5, 1)], 3000)).toBe(3000);
    const late = seen([p(5, 4), p(5, 5, 1)], [p(5, 4), p(6, 5, 1)]);
    expect(delayOf(late, [p(5, 4), p(6, 5, 1)], 3000)).toBeNull();
  });
  it('a log that begins anew has no past', () => {
    expect(delayOf(seen([p(5, 5)], [p(3, 0)]), [p(3, 0)], 2000)).toBeNull();
  });
  it('keeps a long past coarser, not shorter', () => {
    let ends: Ends = new Map();
    for (let i = 0; i <= 5000; i++) ends = withEnds(ends, [p(i, 0)], i * 1000);
    expect(ends.get(0)?.length).toBeLessThanOrEqual(65);
    expect(delayOf(ends, [p(5000, 0)], 5_000_000)).toBe(5_000_000);
  });
});
