// Counting on a course that is known.
import { expect, it } from 'vitest';
import { changesOf, delayExceededBy, latenessOf } from './course.ts';

const course = { beganMs: 1_000, lag: [0, 5, 5], pods: [0, 1, 1] };
const done = [
  { atMs: 1_100, delayMs: 40 },
  { atMs: 1_499, delayMs: 3_000 },
  { atMs: 2_100, delayMs: 70 },
];

it('changes of pods', () => {
  expect(changesOf(course)).toBe(1);
});

it('lateness belongs to the time in which the record was done', () => {
  expect(latenessOf(course, done)).toEqual([3, 0, 0.07]);
});

it('the delay that a share exceeds', () => {
  expect([delayExceededBy(done, 0), delayExceededBy(done, 0.5), delayExceededBy([], 0.01)]).toEqual([3_000, 70, 0]);
});
