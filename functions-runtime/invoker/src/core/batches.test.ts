// How large the calls of failed records may be (D6), how long to wait between tries, and the queue that both stand on.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';
import { mostWithAttempts } from './batches.ts';
import { Queue } from './queue.ts';

const settings = (maxRecords: number, maxAttempts: number) => ({
  batch: { maxRecords, maxBytes: 1, maxWaitMs: 0 },
  retry: { maxAttempts, initialBackoffMs: 1, maxBackoffMs: 1, maxAgeMs: 1 },
});

describe('calls of failed records shrink (D6)', () => {
  it('from the whole batch to one record, never growing, the last attempt always alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 100 }), (maxRecords, maxAttempts) => {
        const sizes = Array.from({ length: maxAttempts + 2 }, (_, attempts) =>
          mostWithAttempts(attempts, settings(maxRecords, maxAttempts)),
        );
        expect(sizes[0]).toBe(maxRecords);
        for (const [index, size] of sizes.entries()) {
          expect(size).toBeGreaterThanOrEqual(1);
          if (index > 0) expect(size).toBeLessThanOrEqual(sizes[index - 1]!);
          if (index > 0 && index >= maxAttempts - 1) expect(size).toBe(1);
        }
      }),
    );
  });

  it.each([
    [1000, 3, [1000, 31, 1]],
    [1000, 2, [1000, 1]],
    [1000, 1, [1000, 1]],
    [8, 4, [8, 4, 2, 1]],
  ])('%i records, %i attempts: %j', (maxRecords, maxAttempts, sizes) => {
    expect(sizes.map((_, attempts) => mostWithAttempts(attempts, settings(maxRecords, maxAttempts)))).toEqual(sizes);
  });
});

describe('backoff', () => {
  it('doubles up to its bound and jitters between half and the whole', () => {
    const limits = { initialBackoffMs: 100, maxBackoffMs: 1000 };
    const whole = [1, 2, 3, 4, 5, 50].map((tries) => backoffMs(limits, tries, () => 1));
    expect(whole).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(backoffMs(limits, 1, () => 0)).toBe(50);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (tries, chance) => {
          const waitMs = backoffMs(limits, tries, () => chance);
          expect(waitMs).toBeGreaterThanOrEqual(50);
          expect(waitMs).toBeLessThanOrEqual(1000);
        },
      ),
    );
  });
});

describe('queue', () => {
  it('is an array whose front is dropped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.record({ push: fc.nat() }), fc.record({ drop: fc.nat(5) })), { maxLength: 300 }),
        (moves) => {
          const queue = new Queue<number>();
          let plain: number[] = [];
          for (const move of moves) {
            if ('push' in move) {
              queue.push(move.push);
              plain.push(move.push);
            } else {
              queue.drop(move.drop);
              plain = plain.slice(move.drop);
            }
            expect([queue.length, queue.at(0), queue.first(3)]).toEqual([plain.length, plain[0], plain.slice(0, 3)]);
          }
        },
      ),
    );
  });

  it('cuts what was dropped', () => {
    const queue = new Queue<number>();
    for (let item = 0; item < 10_000; item += 1) {
      queue.push(item);
      if (item % 2 === 1) queue.drop(1);
    }
    expect([queue.length, queue.at(0), queue.at(4999), queue.at(5000)]).toEqual([5000, 5000, 9999, undefined]);
  });
});
