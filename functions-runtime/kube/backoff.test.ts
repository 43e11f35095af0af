// Waits grow, stay within their bounds, and are spread by chance.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

const backoff = { initialMs: 100, maxMs: 2_000 };

test.each([
  [1, 0, 50],
  [1, 0.999, 100],
  [2, 0.999, 200],
  [5, 0, 800],
  [6, 0.999, 1999],
])('after %i failures and chance %d: %i ms', (failures, chance, expected) => {
  expect(Math.abs(backoffMs(backoff, failures, chance) - expected)).toBeLessThanOrEqual(1);
});

test('never above the bound, never below half of the first step', () => {
  const chance = fc.double({ min: 0, max: 0.999999, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), chance, (failures, chosen) => {
      const ms = backoffMs(backoff, failures, chosen);
      expect(ms).toBeGreaterThanOrEqual(50);
      expect(ms).toBeLessThanOrEqual(2_000);
    }),
  );
});
