// The longest pause is that of one partition, never of two.
import { expect, it } from 'vitest';
import { longestPauseMs } from './pauses.ts';

const at = (partition: number, timestampMs: number) => ({ partition, timestampMs });

it('is taken within a partition', () => {
  expect(longestPauseMs([at(0, 100), at(0, 150), at(0, 400), at(1, 9_000), at(1, 9_100)])).toBe(250);
  expect(longestPauseMs([at(0, 100), at(1, 900)])).toBe(0);
  expect(longestPauseMs([])).toBe(0);
});
