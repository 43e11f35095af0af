// The lines of the demo and the course of replicas that it demands.
import { describe, expect, it } from 'vitest';
import type { Facts } from './facts.ts';
import { lines, wentUpAndDown, withLook } from './screen.ts';

const facts = (atMs: number, done: number, replicas: number): Facts => ({
  atMs,
  bindings: [
    {
      name: 'place-bid',
      functionName: 'place-bid',
      produced: 100,
      done,
      out: 60,
      routed: 3,
      deadLetters: 1,
      lag: 100 - done,
      ready: 'Ready',
      placements: [{ invoker: 'place-bid-invoker-1', partitions: '0-3' }],
    },
  ],
  functions: [{ name: 'place-bid', replicas, readyReplicas: 1 }],
});

describe('screen', () => {
  it('shows counts, rate, pods and owners', () => {
    expect(lines(facts(2000, 64, 2), facts(0, 24, 2))[0]?.split(/\s{2,}/)).toEqual([
      'place-bid',
      '100',
      '60',
      '3',
      '1',
      '36',
      '20',
      '1/2',
      '#1 owns 0-3',
    ]);
  });
});

describe('course of replicas', () => {
  const course = (...replicas: number[]) =>
    replicas.reduce<ReturnType<typeof withLook>>((c, n, i) => withLook(c, facts(i, 0, n)), [])[0]!;
  it.each([
    [[0, 1, 3, 3, 0], true],
    [[0, 2, 1, 0], true],
    [[0, 1, 0], false],
    [[2, 0], false],
    [[0, 3, 2], false],
  ])('%j → %s', (replicas, want) => expect(wentUpAndDown(course(...replicas))).toBe(want));
});
