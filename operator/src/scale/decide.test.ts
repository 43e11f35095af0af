// Tables and properties of the scaling decision: bounds, never zero with work, monotone in lag, no flapping on constant load.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BindingFacts,
  type BindingPolicy,
  type Demand,
  decideFunction,
  demandOf,
  stabilizationMs,
} from './decide.ts';

const policy: BindingPolicy = {
  name: 'place-bid',
  suspended: false,
  target: { kind: 'Lag', records: 1000 },
  minInvokers: 0,
  maxInvokers: 4,
  idleTimeoutMs: 60_000,
};
const facts: BindingFacts = {
  known: true,
  work: 0,
  busyPartitions: 8,
  partitions: 8,
  arrival: 0,
  done: 0,
  idleMs: 0,
  serviceTimeMs: null,
  recordsPerCall: null,
  invokers: 1,
  invokerCapacity: null,
};
const fn = { minReplicas: 0, maxReplicas: 10, concurrency: 1 };
const decided = (b: Partial<BindingFacts>, p: Partial<BindingPolicy> = {}, current = 0, f = fn): number =>
  decideFunction(f, { current, recommended: [] }, [demandOf({ ...policy, ...p }, { ...facts, ...b }, f.concurrency)], 0)
    .replicas;

describe('replicas of a function', () => {
  const rows: readonly [string, number, number][] = [
    ['one record wakes it', decided({ work: 1, busyPartitions: 1 }), 1],
    ['a replica for each target.lag records', decided({ work: 3500 }), 4],
    ['never more than partitions with lag', decided({ work: 100_000, busyPartitions: 3 }), 3],
    ['never more than maxReplicas', decided({ work: 100_000, partitions: 64, busyPartitions: 64 }), 10],
    ['concurrency divides the slots', decided({ work: 8000 }, {}, 0, { ...fn, concurrency: 4 }), 2],
    [
      'keeps up with arrival though lag is small',
      decided({ work: 10, arrival: 1000, serviceTimeMs: 100, recordsPerCall: 25 }),
      4,
    ],
    [
      'delay target: work over delay by Little',
      decided(
        { work: 10_000, arrival: 0, serviceTimeMs: 200, recordsPerCall: 100 },
        { target: { kind: 'Delay', ms: 10_000 } },
      ),
      2,
    ],
    ['not idle long enough: stays', decided({ work: 0, idleMs: 59_000 }, {}, 1), 1],
    ['idle for idleTimeout: zero', decided({ work: 0, idleMs: 60_000 }, {}, 5), 0],
    ['idle: down to minReplicas', decided({ work: 0, idleMs: 60_000 }, {}, 5, { ...fn, minReplicas: 2 }), 2],
    ['suspended: zero', decided({ work: 5000 }, { suspended: true }, 5), 0],
    ['asleep and nothing to do: stays asleep', decided({ work: 0, idleMs: 10, invokers: 0 }), 0],
    ['no sample: holds what runs', decided({ known: false }, {}, 3), 3],
    ['min = max pins by hand', decided({ work: 1_000_000 }, {}, 2, { ...fn, minReplicas: 2, maxReplicas: 2 }), 2],
  ];
  it.each(rows)('%s', (_, got, want) => expect(got).toBe(want));

  it('adds up the demands of several bindings', () => {
    const demands = [
      demandOf(policy, { ...facts, work: 2000 }, 1),
      demandOf({ ...policy, name: 'b' }, { ...facts, work: 3000 }, 1),
    ];
    expect(decideFunction(fn, { current: 0, recommended: [] }, demands, 0).replicas).toBe(5);
  });
  it('an unknown binding adds nothing and takes nothing away', () => {
    const demands = [
      demandOf(policy, { ...facts, known: false }, 1),
      demandOf({ ...policy, name: 'b' }, { ...facts, work: 3000 }, 1),
    ];
    expect(decideFunction(fn, { current: 2, recommended: [] }, demands, 0).replicas).toBe(3);
    expect(decideFunction(fn, { current: 6, recommended: [] }, demands, 0).replicas).toBe(6);
  });
  it('comes down only after the stabilisation window', () => {
    const demand = demandOf(policy, { ...facts, work: 500 }, 1);
    const recommended = [{ atMs: 1000, replicas: 6 }];
    expect(decideFunction(fn, { current: 6, recommended }, [demand], 2000).replicas).toBe(6);
    expect(decideFunction(fn, { current: 6, recommended }, [demand], 1000 + stabilizationMs).replicas).toBe(1);
  });
  it('says why in words', () => {
    const demand = demandOf(policy, { ...facts, work: 12_400, busyPartitions: 6, arrival: 800 }, 1);
    expect(decideFunction(fn, { current: 0, recommended: [] }, [demand], 0).because).toContain(
      'lag 12400 over 6 of 8 partitions, 800 rec/s arriving',
    );
  });
});

describe('invokers of a binding', () => {
  const invokers = (b: Partial<BindingFacts>, p: Partial<BindingPolicy> = {}): number => {
    const demand = demandOf({ ...policy, ...p }, { ...facts, ...b }, 1);
    return demand.kind === 'hold' ? Number.NaN : demand.invokers;
  };
  it.each([
    ['one for a first record', invokers({ work: 1, invokers: 0 }), 1],
    [
      'one more when the records per second seen are not enough',
      invokers({ work: 1, arrival: 30_000, invokers: 1, invokerCapacity: 8000 }),
      2,
    ],
    ['none is taken away while active', invokers({ work: 1, invokers: 3 }), 3],
    [
      'never more than partitions',
      invokers({ work: 1, partitions: 2, busyPartitions: 2, arrival: 1e6, invokers: 2 }),
      2,
    ],
    ['zero when idle', invokers({ idleMs: 60_000 }), 0],
    ['minInvokers also when idle', invokers({ idleMs: 60_000 }, { minInvokers: 2 }), 2],
  ])('%s', (_, got, want) => expect(got).toBe(want));
});

const anyFacts = fc.record({
  known: fc.boolean(),
  work: fc.nat(10_000_000),
  busyPartitions: fc.integer({ min: 0, max: 64 }),
  partitions: fc.constant(64),
  arrival: fc.double({ min: 0, max: 1e6, noNaN: true }),
  done: fc.double({ min: 0, max: 1e6, noNaN: true }),
  idleMs: fc.option(fc.nat(1_000_000)),
  serviceTimeMs: fc.option(fc.double({ min: 0.01, max: 1e6, noNaN: true })),
  recordsPerCall: fc.option(fc.double({ min: 1, max: 1e4, noNaN: true })),
  invokers: fc.nat(8),
  invokerCapacity: fc.option(fc.double({ min: 1, max: 1e6, noNaN: true })),
});

describe('properties', () => {
  it('replicas and invokers stay within their bounds', () => {
    fc.assert(
      fc.property(anyFacts, fc.nat(20), (b, current) => {
        const f = { minReplicas: 1, maxReplicas: 7, concurrency: 2 };
        const demand = demandOf(policy, b, f.concurrency);
        const { replicas } = decideFunction(f, { current, recommended: [] }, [demand], 0);
        expect(replicas).toBeGreaterThanOrEqual(1);
        expect(replicas).toBeLessThanOrEqual(7);
        if (demand.kind !== 'hold') expect(demand.invokers).toBeLessThanOrEqual(4);
      }),
    );
  });
  it('never zero while there is work', () => {
    fc.assert(
      fc.property(anyFacts, (b) => {
        const demand = demandOf(policy, { ...b, known: true, work: b.work + 1 }, 1) as Extract<
          Demand,
          { kind: 'active' }
        >;
        expect(decideFunction(fn, { current: 0, recommended: [] }, [demand], 0).replicas).toBeGreaterThanOrEqual(1);
        expect(demand.invokers).toBeGreaterThanOrEqual(1);
      }),
    );
  });
  it('is monotone in lag', () => {
    fc.assert(
      fc.property(anyFacts, fc.nat(1_000_000), (b, more) => {
        const at = (work: number): number =>
          decideFunction(fn, { current: 0, recommended: [] }, [demandOf(policy, { ...b, known: true, work }, 1)], 0)
            .replicas;
        expect(at(b.work + 1 + more)).toBeGreaterThanOrEqual(at(b.work + 1));
      }),
    );
  });
  it('does not oscillate on constant load', () => {
    fc.assert(
      fc.property(anyFacts, (b) => {
        const constant = { ...b, known: true, work: b.work + 1 };
        let current = 0;
        const history: { atMs: number; replicas: number }[] = [];
        const seen: number[] = [];
        for (let second = 0; second < 60; second++) {
          const d = decideFunction(
            fn,
            { current, recommended: history },
            [demandOf(policy, constant, 1)],
            second * 1000,
          );
          history.push({ atMs: second * 1000, replicas: d.recommended });
          current = d.replicas;
          seen.push(current);
        }
        expect(new Set(seen).size).toBe(1);
      }),
      { numRuns: 50 },
    );
  });
});
