/** Partitions come and go as the group says, and a drain speaks only for the hold it began with. */
import { describe, expect, test } from 'vitest';
import { Ownership } from './ownership.ts';

const topicId = 'topic';
const of = (...partitions: number[]) => [{ topicId, partitions }];
const numbers = (holdings: readonly { partition: number }[]) => holdings.map(({ partition }) => partition);

describe('a new target', () => {
  test('gives what is new and revokes what is gone', () => {
    const ownership = new Ownership();
    expect(numbers(ownership.retarget(of(0, 1)).gained)).toEqual([0, 1]);
    const changes = ownership.retarget(of(1, 2));
    expect(numbers(changes.gained)).toEqual([2]);
    expect(numbers(changes.revoked)).toEqual([0]);
  });

  test('D5 keeps a revoked partition among the acknowledged until it is released', () => {
    const ownership = new Ownership();
    ownership.retarget(of(0, 1));
    const [zero] = ownership.retarget(of(1)).revoked;
    expect(ownership.acknowledged()).toEqual(of(0, 1));
    expect([...ownership.partitions]).toEqual([0, 1]);
    expect(ownership.release(zero!)).toEqual([]);
    expect(ownership.acknowledged()).toEqual(of(1));
  });

  test('revokes once, however often the same target is told', () => {
    const ownership = new Ownership();
    ownership.retarget(of(0));
    expect(numbers(ownership.retarget([]).revoked)).toEqual([0]);
    expect(ownership.retarget([]).revoked).toEqual([]);
  });
});

describe('a drain', () => {
  test('that ends after the partition is wanted back releases it all the same, and it comes with the next target', () => {
    const ownership = new Ownership();
    ownership.retarget(of(0));
    const [zero] = ownership.retarget([]).revoked;
    expect(ownership.retarget(of(0))).toEqual({ gained: [], revoked: [] });
    expect(ownership.release(zero!)).toEqual([]);
    expect(numbers(ownership.retarget(of(0)).gained)).toEqual([0]);
  });

  test('that ends after the partition was lost and gained again does not release the new hold', () => {
    const ownership = new Ownership();
    ownership.retarget(of(0));
    const [old] = ownership.retarget([]).revoked;
    expect(ownership.clear()).toEqual([0]);
    ownership.retarget(of(0));
    expect(ownership.release(old!)).toBeUndefined();
    expect([...ownership.partitions]).toEqual([0]);
  });
});

test('a topic created again: the new partition waits for the drain of the old one of its number', () => {
  const ownership = new Ownership();
  ownership.retarget(of(0, 1));
  const changes = ownership.retarget([{ topicId: 'again', partitions: [0, 1] }]);
  expect(changes.gained).toEqual([]);
  expect(numbers(changes.revoked)).toEqual([0, 1]);
  expect(ownership.release(changes.revoked[1]!)).toEqual([{ topicId: 'again', partition: 1 }]);
  expect(ownership.acknowledged()).toEqual([
    { topicId, partitions: [0] },
    { topicId: 'again', partitions: [1] },
  ]);
});
