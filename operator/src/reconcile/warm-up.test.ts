// After a start: wait for sample and reports of what was reported before, and for nothing else, and not for long.
import { expect, test } from 'vitest';
import { isWarm, warmUpMs } from './warm-up.ts';

const binding = (observedGeneration: number | undefined, placements: number) => ({
  metadata: { generation: 2 },
  status: { observedGeneration, placements: Array.from({ length: placements }, () => ({})) },
});
const reports = (count: number) => new Map(Array.from({ length: count }, (_, ordinal) => [ordinal, {}]));

test.each([
  ['nobody has spoken', binding(2, 1), false, 0, 100, false],
  ['a sample, but the invoker is silent', binding(2, 1), true, 0, 100, false],
  ['a sample and all reports', binding(2, 1), true, 1, 100, true],
  ['it sleeps: a sample is enough', binding(2, 0), true, 0, 100, true],
  ['a spec that nobody has reported on', binding(1, 1), false, 0, 100, true],
  ['a new binding', binding(undefined, 0), false, 0, 100, true],
  ['too long silent', binding(2, 1), false, 0, warmUpMs, true],
])('%s', (_, of, sampled, reporting, sinceStartMs, expected) => {
  const observed = { binding: of, sample: sampled ? {} : undefined, reports: reports(reporting) };
  expect(isWarm(observed as never, sinceStartMs)).toBe(expected);
});
