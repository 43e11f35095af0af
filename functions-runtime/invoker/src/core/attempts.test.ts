// The memory of attempts: counts, runs of equal history, what comes from earlier owners, and what is kept when it does not fit (D6).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitMetadataBytes, metadataMaxBytes } from '#contract/commit-metadata.ts';
import { AttemptMemory, type AttemptRun, coarser } from './attempts.ts';
import { fitted } from './commits.ts';

const neighbours = (before: number, after: number): boolean => after === before + 1;

describe('memory of attempts (D6)', () => {
  it('counts, and keeps the time of the first failure', () => {
    const memory = new AttemptMemory([]);
    memory.charge(5, 100);
    memory.charge(5, 200);
    expect(memory.of(5)).toEqual({ attempts: 2, firstFailureMs: 100, lastFailureMs: 200, heldMs: 0 });
    expect([memory.count(5), memory.count(6), memory.version]).toEqual([2, 0, 2]);
    memory.forget(5);
    expect(memory.count(5)).toBe(0);
  });

  it('tells neighbours with the same history in one run, also across gaps', () => {
    const memory = new AttemptMemory([]);
    for (const offset of [9, 1, 2, 4, 6]) memory.charge(offset, 100);
    memory.charge(4, 200);
    expect(memory.runs((before, after) => neighbours(before, after) || before === 6, 100)).toEqual([
      { offset: 1, through: 2, attempts: 1, firstFailureMs: 100 },
      { offset: 4, attempts: 2, firstFailureMs: 100 },
      { offset: 6, through: 9, attempts: 1, firstFailureMs: 100 },
    ]);
  });

  it('keeps what earlier owners knew of records that have not come yet', () => {
    const memory = new AttemptMemory([{ offset: 3, through: 6, attempts: 2, firstFailureMs: 50 }]);
    memory.receive(2);
    memory.receive(3);
    memory.charge(3, 70);
    expect([memory.count(2), memory.count(3), memory.count(4)]).toEqual([0, 3, 0]);
    expect(memory.runs(neighbours, 4)).toEqual([
      { offset: 3, attempts: 3, firstFailureMs: 50 },
      { offset: 4, through: 6, attempts: 2, firstFailureMs: 50 },
    ]);
    expect(memory.runs(neighbours, 6).at(-1)).toEqual({ offset: 6, attempts: 2, firstFailureMs: 50 });
    expect(memory.runs(neighbours, 7)).toHaveLength(1);
  });

  it('an unclean take-over is an attempt, but no failure from which the age runs', () => {
    const memory = new AttemptMemory([]);
    memory.chargeTakeOver(1, 100);
    expect(memory.runs(neighbours, 2)).toEqual([{ offset: 1, attempts: 1, firstFailureMs: 0 }]);
    memory.charge(1, 500);
    expect(memory.of(1)).toMatchObject({ attempts: 2, firstFailureMs: 500 });
    memory.chargeTakeOver(1, 900);
    expect(memory.of(1)).toMatchObject({ attempts: 3, firstFailureMs: 500, lastFailureMs: 900 });
  });

  it('time that stood still is told as a later first failure', () => {
    const memory = new AttemptMemory([]);
    memory.charge(1, 100);
    memory.chargeTakeOver(2, 100);
    memory.hold(30);
    expect(memory.runs(neighbours, 3)).toEqual([
      { offset: 1, attempts: 1, firstFailureMs: 130 },
      { offset: 2, attempts: 1, firstFailureMs: 0 },
    ]);
  });
});

describe('when the memory does not fit', () => {
  const many = (count: number): AttemptRun[] =>
    Array.from({ length: count }, (_, index) => ({
      offset: 1e12 + index * 2,
      attempts: 1 + (index % 3),
      firstFailureMs: 1.7e12 + index,
    }));

  it('it becomes coarser, never longer than the limit, and no failed record is forgotten', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (count) => {
        const attempts = many(count);
        const fits = fitted({ epoch: 7, topicId: 'id', released: false, settledAbove: [], attempts });
        expect(commitMetadataBytes(fits)).toBeLessThanOrEqual(metadataMaxBytes);
        for (const { offset } of attempts) {
          expect(fits.attempts.some((run) => run.offset <= offset && offset <= (run.through ?? run.offset))).toBe(true);
        }
        if (count <= 50) expect(fits.attempts).toEqual(attempts);
      }),
      { numRuns: 30 },
    );
  });

  it('nobody is condemned early for it: the lower count and the later first failure hold', () => {
    expect(coarser(many(5))).toEqual([
      { offset: 1e12, through: 1e12 + 2, attempts: 1, firstFailureMs: 1.7e12 + 1 },
      { offset: 1e12 + 4, through: 1e12 + 6, attempts: 1, firstFailureMs: 1.7e12 + 3 },
      { offset: 1e12 + 8, through: 1e12 + 8, attempts: 2, firstFailureMs: 1.7e12 + 4 },
    ]);
  });
});
