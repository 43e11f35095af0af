/** Which partitions the next request asks for. */
import { describe, expect, test } from 'vitest';
import { Holds } from './holds.ts';

const partitions = (holds: readonly { partition: number }[]) => holds.map(({ partition }) => partition);

function holdsOf(...numbers: number[]): Holds {
  const holds = new Holds();
  for (const partition of numbers) holds.add(partition, 0);
  return holds;
}

test('all that are neither paused, asked, stopped nor put off', () => {
  const holds = holdsOf(0, 1, 2, 3, 4, 5);
  const [, , asked, stopped, deferred] = holds.ready(0);
  holds.pause(1);
  asked!.asked = true;
  stopped!.stopped = true;
  deferred!.notBeforeMs = 10;
  expect(partitions(holds.ready(9))).toEqual([0, 5]);
  holds.remove(5);
  holds.resume(1);
  expect(partitions(holds.ready(10))).toEqual([0, 1, 4]);
});

test('who was served last is asked for last', () => {
  const holds = holdsOf(0, 1, 2);
  const [zero, one] = holds.ready(0);
  holds.served(one!, 5);
  holds.served(zero!, 7);
  expect(partitions(holds.ready(0))).toEqual([2, 1, 0]);
  expect(holds.ready(0).map(({ position }) => position)).toEqual([0, 5, 7]);
});

describe('a removed hold', () => {
  test('and one added again are two: nothing fetched for the first is for the second', () => {
    const holds = holdsOf(0);
    const [old] = holds.ready(0);
    holds.remove(0);
    expect(holds.isCurrent(old!)).toBe(false);
    holds.add(0, 40);
    expect(holds.isCurrent(old!)).toBe(false);
    expect(holds.wants(holds.ready(0)[0]!)).toBe(true);
  });

  test('a paused one is current, but has no room', () => {
    const holds = holdsOf(0);
    const [hold] = holds.ready(0);
    holds.pause(0);
    expect([holds.isCurrent(hold!), holds.wants(hold!)]).toEqual([true, false]);
  });
});

test('D8 at every moment a hold that waits is either ready or has its time', () => {
  const holds = holdsOf(0);
  const [hold] = holds.ready(0);
  hold!.notBeforeMs = 10;
  for (const nowMs of [0, 9.999, 10, 10.001, 20]) {
    expect(holds.ready(nowMs).length === 1).toBe(holds.nextReadyMs(nowMs) === undefined);
  }
  expect(holds.nextReadyMs(5)).toBe(10);
  hold!.quickAfterMs = 30;
  expect(holds.nextReadyMs(20)).toBe(30);
  holds.resume(0);
  expect(holds.nextReadyMs(20)).toBeUndefined();
});
