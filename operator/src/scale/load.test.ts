// How many pods carry a load, against what can be reckoned by hand, and how it moves with load and bounds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Aim, type CallCost, type Load, podsFor, type Target } from './load.ts';

const cost: CallCost = { callMs: 20, recordMs: 4, recordsMax: 100 };
const patient: Target = { kind: 'Delay', ms: 60_000 };

/** `rate` records per second over `partitions`; the busiest of them has `busiest`. */
const load = (rate: number, partitions: number, more: Partial<Load> = {}, busiest = rate / partitions): Load => {
  const other = partitions > 1 ? (rate - busiest) / (partitions - 1) : 0;
  return {
    cost,
    target: patient,
    partitions,
    busiest: { arrival: busiest, usual: busiest, work: 0 },
    others: { arrival: other, usual: other, work: 0 },
    ...more,
  };
};
const pods = (loads: readonly Load[], concurrency = 1, podsMax = 12, aim: Aim = 'enough'): number =>
  podsFor(loads, concurrency, podsMax, aim);

describe('pods that carry a load', () => {
  // A full batch takes 420 ms: a pod moves 238 records per second. With n pods the busiest meets ceil(12 ÷ n) of 12 partitions.
  it.each([
    ['nothing: none', [], 0],
    ['little: one', [load(1, 12)], 1],
    ['all that one pod moves', [load(235, 12)], 1],
    ['more than one moves', [load(242, 12)], 2],
    ['more than two', [load(480, 12)], 3],
    ['more than four: five would have three partitions on some of them', [load(960, 12)], 6],
    ['more than six', [load(1_440, 12)], 12],
    ['more than all', [load(10_000, 12)], 12],
    ['one partition has one call at a time', [load(10_000, 1)], 1],
    ['two loads add up', [load(235, 12), load(235, 12)], 2],
  ])('%s', (_, loads, want) => expect(pods(loads)).toBe(want));

  it('concurrency: as many calls at once in one pod', () => {
    expect(pods([load(470, 12)], 2)).toBe(1);
    expect(pods([load(490, 12)], 2)).toBe(2);
    expect(pods([load(1_440, 12)], 12)).toBe(1);
  });
  it('a busy partition has as many pods as keep its neighbours from it', () => {
    // 161 of 500 on one: with six pods it has one neighbour (192 rec/s together), with four two of them (223 …), with three three (254).
    expect(pods([load(500, 12, {}, 161)])).toBe(4);
    expect(pods([load(500, 12, {}, 200)])).toBe(6);
  });
  it('a partition that no pod can carry takes no pods that do not help it', () => {
    expect(pods([load(410, 12, {}, 400)])).toBeLessThanOrEqual(3);
  });
  it('plenty: with some to spare', () => {
    expect(pods([load(215, 12)], 1, 12, 'plenty')).toBe(1);
    expect(pods([load(230, 12)], 1, 12, 'plenty')).toBe(2);
  });
});

describe('targets', () => {
  const slow: CallCost = { callMs: 4_000, recordMs: 0.001, recordsMax: 100 };
  const late = (ms: number): number => pods([load(12, 12, { cost: slow, target: { kind: 'Delay', ms } })]);
  // With n pods a round is 4 s for each of ceil(12 ÷ n) partitions, and a call is 4 s more.
  it.each([
    [53_000, 1],
    [51_000, 2],
    [27_000, 3],
    [19_000, 4],
    [15_000, 6],
    [11_000, 12],
    [3_000, 12],
  ])('a delay of %i ms takes %i pods', (ms, want) => expect(late(ms)).toBe(want));
  it('where there is little to do a record waits for its own call only', () => {
    expect(pods([load(0.02, 12, { cost: slow, target: { kind: 'Delay', ms: 8_000 } })])).toBe(1);
  });
  it('a lag bounds the records of a round', () => {
    const owing = (records: number): number => pods([load(12, 12, { cost: slow, target: { kind: 'Lag', records } })]);
    // One pod: 48 s of 12 rec/s; two pods: 24 s of 6 rec/s each.
    expect(owing(577)).toBe(1);
    expect(owing(575)).toBe(2);
    expect(owing(143)).toBe(3);
  });
  it('what is late is caught up within seconds, what is tolerated is not', () => {
    const owed = (work: number): number => {
      const each = { arrival: 10, usual: 10, work };
      return pods([load(120, 12, { busiest: each, others: each })]);
    };
    expect(owed(50)).toBe(1);
    expect(owed(400)).toBe(6);
    expect(owed(4_000)).toBe(12);
  });
  it('records that stopped coming are in their rounds still', () => {
    const done = { arrival: 0, usual: 5, work: 60 };
    const target = { kind: 'Delay', ms: 30_000 } as const;
    expect(pods([load(0, 12, { cost: slow, target, busiest: done, others: done })])).toBe(1);
  });
});

describe('properties', () => {
  const anyLoad = fc
    .record({
      rate: fc.double({ min: 0, max: 5_000, noNaN: true }),
      partitions: fc.integer({ min: 1, max: 64 }),
      callMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
      recordMs: fc.double({ min: 0.001, max: 100, noNaN: true }),
      recordsMax: fc.integer({ min: 1, max: 10_000 }),
      delayMs: fc.integer({ min: 100, max: 100_000 }),
    })
    .map(({ rate, partitions, delayMs, ...c }) =>
      load(rate, partitions, { cost: c, target: { kind: 'Delay', ms: delayMs } }),
    );
  const anyLoads = fc.array(anyLoad, { minLength: 1, maxLength: 4 });
  it('at least one, at most as many as there may be, whole', () => {
    fc.assert(
      fc.property(
        anyLoads,
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 8 }),
        (loads, most, concurrency) => {
          const found = pods(loads, concurrency, most);
          expect(Number.isInteger(found)).toBe(true);
          expect(found).toBeGreaterThanOrEqual(1);
          expect(found).toBeLessThanOrEqual(most);
        },
      ),
    );
  });
  it('plenty is no less than enough', () => {
    fc.assert(
      fc.property(anyLoads, (loads) => {
        expect(podsFor(loads, 1, 63, 'plenty')).toBeGreaterThanOrEqual(podsFor(loads, 1, 63, 'enough'));
      }),
    );
  });
});
