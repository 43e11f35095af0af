// Initial positions and lag, row by row.
import { describe, expect, it } from 'vitest';
import { type PartitionOffsets, partitionSample, positioning } from './position.ts';

const at = (partition: number, committed: number | null, logStart = 0, logEnd = 100): PartitionOffsets => ({
  partition,
  committed,
  logStart,
  logEnd,
});
const latest = { initialOffset: { kind: 'Latest' as const }, mayPosition: true };

describe('positioning', () => {
  it('is complete when every partition has an offset', () => {
    expect(positioning([at(0, 5), at(1, 0)], latest)).toEqual({ kind: 'complete' });
  });
  it('begins a new group where initialOffset says', () => {
    expect(positioning([at(0, null), at(1, null)], latest)).toEqual({
      kind: 'commit',
      partitions: [0, 1],
      at: 'latest',
    });
    expect(positioning([at(0, null)], { mayPosition: true, initialOffset: { kind: 'Earliest' } })).toMatchObject({
      at: 'earliest',
    });
    expect(
      positioning([at(0, null)], { mayPosition: true, initialOffset: { kind: 'Timestamp', timestampMs: 7 } }),
    ).toMatchObject({ at: 7 });
  });
  it('begins an added partition at its start, also under Latest', () => {
    expect(positioning([at(0, 5), at(1, null)], { ...latest, mayPosition: false })).toEqual({
      kind: 'commit',
      partitions: [1],
      at: 'earliest',
    });
  });
  it('D11 never uses initialOffset again for a group whose offsets are gone', () => {
    expect(positioning([at(0, null), at(1, null)], { ...latest, mayPosition: false })).toEqual({ kind: 'missing' });
  });
});

describe('lag is work', () => {
  it.each([
    ['from the committed offset', at(0, 40), 60],
    ['from the log start after retention', at(0, 10, 30), 70],
    ['without a commit from the log start', at(0, null, 30), 70],
    ['never negative', at(0, 500), 0],
  ])('%s', (_, offsets, lag) => expect(partitionSample(offsets).lag).toBe(lag));
});
