// Tables for the guard: what is admitted beside what, and what is refused how.
import { describe, expect, it } from 'vitest';
import { type OffsetRange, type Position, shareAnOffset } from './coordinates.ts';
import { Guard } from './guard.ts';

const at = (epoch: number, offsets: readonly OffsetRange[], partition = 0, binding = 'ns/b'): Position => ({
  binding,
  topic: 'orders',
  partition,
  epoch,
  offsets,
  areOffsetsElided: false,
});
const guardOf = (concurrency = 4, maxPartitions = 10) => new Guard({ concurrency, maxPartitions });
const idOf = (admission: ReturnType<Guard['admit']>): number =>
  admission.kind === 'admitted' ? admission.callId : Number.NaN;
const verdict = (admission: ReturnType<Guard['admit']>): string =>
  admission.kind === 'admitted' ? 'admitted' : admission.refusal;

describe('a call beside a running one of epoch 5, offsets 10-19', () => {
  it.each([
    ['the same records', at(5, [[10, 19]]), 'busy'],
    ['one of the records', at(5, [[19, 25]]), 'busy'],
    ['other records of the partition: keys may run side by side', at(5, [[20, 25]]), 'admitted'],
    ['an older owner', at(4, [[20, 25]]), 'stale'],
    ['a newer owner, any records: not before the older one has ended', at(6, [[20, 25]]), 'busy'],
    ['another partition', at(1, [[10, 19]], 1), 'admitted'],
    ['another binding', at(1, [[10, 19]], 0, 'ns/other'), 'admitted'],
    ['people', null, 'admitted'],
  ])('%s', (_, position, expected) => {
    const guard = guardOf();
    guard.admit(at(5, [[10, 19]]), 100, 0);
    expect(verdict(guard.admit(position, 100, 0))).toBe(expected);
  });
});

describe('P1 ownership', () => {
  it('a newer epoch that may not run yet has superseded the older call already', () => {
    const guard = guardOf();
    const older = idOf(guard.admit(at(5, [[1, 1]]), 100, 0));
    expect(verdict(guard.admit(at(6, [[1, 1]]), 100, 0))).toBe('busy');
    expect(guard.superseded()).toEqual([older]);
    guard.abandon(older);
    expect(guard.superseded()).toEqual([]);
    guard.ended(older);
    expect(verdict(guard.admit(at(6, [[1, 1]]), 100, 0))).toBe('admitted');
  });
  it('an epoch that arrives with a late call counts', () => {
    const guard = guardOf();
    expect(verdict(guard.admit(at(6, [[1, 1]]), 50, 50))).toBe('late');
    expect(verdict(guard.admit(at(5, [[1, 1]]), 100, 0))).toBe('stale');
  });
  it('an abandoned call bars its whole partition until it has ended, and no other', () => {
    const guard = guardOf();
    const callId = idOf(guard.admit(at(5, [[1, 1]]), 100, 0));
    guard.abandon(callId);
    expect(verdict(guard.admit(at(5, [[2, 2]]), 100, 0))).toBe('busy');
    expect(verdict(guard.admit(at(5, [[2, 2]], 1), 100, 0))).toBe('admitted');
    guard.ended(callId);
    expect(verdict(guard.admit(at(5, [[2, 2]]), 100, 0))).toBe('admitted');
  });
});

describe('bounds', () => {
  it('abandoned calls hold their slot', () => {
    const guard = guardOf(1);
    const callId = idOf(guard.admit(null, 100, 0));
    guard.abandon(callId);
    expect(verdict(guard.admit(null, 100, 0))).toBe('busy');
    guard.ended(callId);
    expect(verdict(guard.admit(null, 100, 0))).toBe('admitted');
  });
  it('no epoch is forgotten to make room: new partitions are refused', () => {
    const guard = guardOf(4, 1);
    expect(guard.announce({ binding: 'ns/b', epochs: new Map([[0, 5]]) })).toBe(true);
    expect(guard.announce({ binding: 'ns/b', epochs: new Map([[1, 5]]) })).toBe(false);
    expect(verdict(guard.admit(at(1, [], 1), 100, 0))).toBe('busy');
    expect(verdict(guard.admit(at(4, [], 0), 100, 0))).toBe('stale');
  });
});

describe('shareAnOffset', () => {
  it.each<[OffsetRange[], OffsetRange[], boolean]>([
    [[[1, 3]], [[3, 5]], true],
    [[[1, 3]], [[4, 5]], false],
    [
      [
        [1, 1],
        [5, 5],
        [9, 9],
      ],
      [
        [2, 4],
        [6, 8],
        [10, 10],
      ],
      false,
    ],
    [
      [
        [1, 1],
        [5, 5],
        [9, 9],
      ],
      [
        [2, 4],
        [6, 9],
      ],
      true,
    ],
    [[], [[1, 1]], false],
  ])('%j and %j: %s', (left, right, expected) => {
    expect(shareAnOffset(left, right)).toBe(expected);
    expect(shareAnOffset(right, left)).toBe(expected);
  });
});
