// Sides: not worse in both is ahead; delays below the resolution of arrivals are equal.
import { describe, expect, it } from 'vitest';
import type { Run } from './run.ts';
import { verdict } from './verdict.ts';

const given = (p99: number, replicaSeconds: number): Run => ({
  scaler: 'x',
  course: { stepSeconds: 1, lag: [], replicas: [], lateness: [] },
  result: { delayMs: { p50: 0, p99, max: 0 }, replicaSeconds, undone: 0, scaleChanges: 0, handOvers: 0 },
});

describe('verdict', () => {
  it.each([
    ['better in both', given(100, 10), given(500, 20), true],
    ['cheaper and later', given(600, 10), given(500, 20), false],
    ['sooner and dearer', given(100, 21), given(500, 20), false],
    ['a difference that cannot be measured', given(140, 10), given(60, 20), true],
  ])('%s', (_, ours, peer, ahead) => expect(verdict(ours, peer, 'p99').ahead).toBe(ahead));
  it('gives ours over theirs', () => {
    expect(verdict(given(200, 10), given(800, 20), 'p99')).toMatchObject({ delay: 0.25, cost: 0.5 });
  });
});
