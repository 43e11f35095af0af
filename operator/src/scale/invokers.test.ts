// Invokers move partitions when their number changes: it changes rarely, by as many as are needed, and only when it pays.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideInvokers,
  handOverEveryMs,
  type InvokerFacts,
  type InvokerPast,
  noInvokerPast,
  spareForMs,
} from './invokers.ts';

const policy = { minInvokers: 0, maxInvokers: 4, suspended: false };
const facts: InvokerFacts = {
  known: true,
  idle: false,
  work: 1,
  arrival: 0,
  partitions: 8,
  invokers: 1,
  capacity: 10_000,
};
const decided = (
  f: Partial<InvokerFacts>,
  p: Partial<typeof policy> = {},
  past: InvokerPast = noInvokerPast,
  nowMs = 0,
) => decideInvokers({ ...policy, ...p }, { ...facts, ...f }, past, nowMs);

describe('invokers of a binding', () => {
  const spare: InvokerPast = { changedMs: 0, spareSinceMs: 0 };
  it.each([
    ['one for a first record', decided({ invokers: 0 }), 1],
    ['as many as the first work needs', decided({ invokers: 0, arrival: 20_000 }), 3],
    ['enough: they stay', decided({ arrival: 8_900 }), 1],
    ['too few: all that are needed, in one hand-over', decided({ arrival: 20_000 }), 3],
    ['what is owed counts', decided({ work: 60_000 }), 2],
    ['never more than partitions', decided({ arrival: 1e6, partitions: 2 }), 2],
    ['never more than maxInvokers', decided({ arrival: 1e6 }), 4],
    ['a little too many: they stay', decided({ invokers: 3, arrival: 12_000 }, {}, spare, spareForMs), 3],
    ['far too many, not long enough', decided({ invokers: 4 }, {}, spare, spareForMs - 1), 4],
    ['far too many for five minutes', decided({ invokers: 4 }, {}, spare, spareForMs), 1],
    ['idle: zero', decided({ idle: true, invokers: 3, work: 0 }), 0],
    ['idle: minInvokers', decided({ idle: true, work: 0 }, { minInvokers: 2 }), 2],
    ['suspended: zero', decided({ work: 1e6 }, { suspended: true, minInvokers: 1 }), 0],
    ['no sample: they stay', decided({ known: false, invokers: 3 }), 3],
    ['raised by the spec', decided({ invokers: 1 }, { minInvokers: 3 }), 3],
    ['lowered by the spec', decided({ invokers: 4, arrival: 1e6 }, { maxInvokers: 2 }), 2],
  ])('%s', (_, { invokers }, want) => expect(invokers).toBe(want));

  it('says why', () => {
    expect(decided({ arrival: 20_000, work: 0 }).because).toBe('20000 rec/s to move, one moves 10000 → 3');
  });

  it('at most one hand-over in a minute, whatever comes', () => {
    const step = fc.record({ arrival: fc.nat(60_000), work: fc.nat(200_000) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 600 }), (steps) => {
        let past = noInvokerPast;
        let invokers = 1;
        let lastMs = Number.NEGATIVE_INFINITY;
        for (const [second, seen] of steps.entries()) {
          const decision = decided({ ...seen, invokers }, {}, past, second * 1000);
          if (decision.invokers !== invokers) {
            expect(second * 1000 - lastMs).toBeGreaterThanOrEqual(handOverEveryMs);
            lastMs = second * 1000;
          }
          past = decision.past;
          invokers = decision.invokers;
        }
      }),
    );
  });
  it('does not move on constant load once it has grown to it', () => {
    fc.assert(
      fc.property(fc.nat(50_000), fc.integer({ min: 1, max: 4 }), (arrival, begin) => {
        let past = noInvokerPast;
        let invokers = begin;
        let changes = 0;
        for (let second = 0; second < 2000; second++) {
          const decision = decided({ arrival, work: 0, invokers }, {}, past, second * 1000);
          if (decision.invokers !== invokers) changes += 1;
          past = decision.past;
          invokers = decision.invokers;
        }
        expect(changes).toBeLessThanOrEqual(1);
      }),
      { numRuns: 30 },
    );
  });
});
