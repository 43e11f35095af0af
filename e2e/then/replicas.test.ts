// Whether a sequence of counts took the wanted way.
import { expect, it } from 'vitest';
import { none, some, went } from './replicas.ts';

it.each([
  [[0, 1, 0], [none, some, none], true],
  [[0, 1, 2, 1, 0], [none, some, none], true],
  [[1, 0], [none, some, none], false],
  [[0, 1], [none, some, none], false],
  [[0, 1, 0], [none, some, none, some, none], false],
  [[], [none], false],
] as const)('%j', (seen, steps, expected) => {
  expect(went(seen, steps)).toBe(expected);
});
