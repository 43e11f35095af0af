// Tables and properties of the scaling decision: bounds, never zero with work, monotone in lag, no flapping on constant load.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Behavior, defaultBehavior, noPast, type Past } from './behavior.ts';
import {
  assumedCost,
  type BindingFacts,
  type BindingPolicy,
  decideFunction,
  demandOf,
  type FunctionDecision,
  type FunctionPolicy,
} from './decide.ts';
import type { PartitionLoad } from './load.ts';
import { facts, fn, policy } from './scale-examples.ts';

/** `work` and `arrival` (records per second) evenly over `partitions`. */
const even = (partitions: number, work: number, arrival = 0): Partial<BindingFacts> => ({
  work,
  arrival,
  loads: Array.from(
    { length: partitions },
    (): PartitionLoad => ({ work: work / partitions, arrival: arrival / partitions, usual: arrival / partitions }),
  ),
});
const cost = (callMs: number, recordMs: number, recordsMax = 100): Partial<BindingFacts> => ({
  cost: { callMs, recordMs, recordsMax },
});

interface Case {
  readonly facts?: Partial<BindingFacts>;
  readonly policy?: Partial<BindingPolicy>;
  readonly fn?: Partial<FunctionPolicy>;
  readonly current?: number;
  readonly past?: Past;
  readonly nowMs?: number;
}
const decide = (c: Case): FunctionDecision =>
  decideFunction(
    { ...fn, ...c.fn },
    c.current ?? 0,
    c.past ?? noPast,
    [demandOf({ ...policy, ...c.policy }, { ...facts, ...c.facts })],
    c.nowMs ?? 0,
  );
const delay = (ms: number): Partial<BindingPolicy> => ({ target: { kind: 'Delay', ms } });

describe('replicas of a function', () => {
  const rows: readonly [string, Case, number][] = [
    ['one record wakes it', { facts: even(1, 1) }, 1],
    ['a replica for each target.lag records', { facts: even(8, 3500) }, 4],
    ['never more than partitions with something to do', { facts: even(3, 100_000) }, 3],
    ['never more than maxReplicas', { facts: even(64, 100_000) }, 10],
    ['concurrency divides the calls at once', { facts: even(8, 100_000), fn: { concurrency: 4 } }, 2],
    ['keeps up with arrival though lag is small', { facts: { ...even(8, 10, 800), ...cost(20, 4) } }, 4],
    ['a call for each record: what arrives, by its time', { facts: { ...even(8, 0, 40), ...cost(90, 10, 1) } }, 4],
    [
      'delay: one call after the other is soon enough',
      { facts: { ...even(8, 0, 4), ...cost(900, 1) }, policy: delay(30_000) },
      1,
    ],
    [
      'delay: a round must be shorter than it',
      { facts: { ...even(8, 0, 4), ...cost(900, 1) }, policy: delay(4_600) },
      2,
    ],
    [
      'delay: what is late is caught up',
      { facts: { ...even(8, 60_000, 0), ...cost(20, 4) }, policy: delay(10_000) },
      8,
    ],
    ['not idle long enough: stays', { facts: { idleMs: 59_000 }, current: 1 }, 1],
    ['idle for idleTimeout: zero', { facts: { idleMs: 60_000 }, current: 5 }, 0],
    ['idle: down to minReplicas', { facts: { idleMs: 60_000 }, current: 5, fn: { minReplicas: 2 } }, 2],
    ['suspended: zero', { facts: even(8, 5000), policy: { suspended: true }, current: 5 }, 0],
    ['asleep and nothing to do: stays asleep', { facts: { idleMs: 10, invokers: 0 } }, 0],
    ['no sample: holds what runs', { facts: { known: false }, current: 3 }, 3],
    ['min = max pins by hand', { facts: even(8, 1e6), current: 2, fn: { minReplicas: 2, maxReplicas: 2 } }, 2],
  ];
  it.each(rows)('%s', (_, given, want) => expect(decide(given).replicas).toBe(want));

  it('one partition has one call at a time: more pods than help are not taken', () => {
    // A third of all on one of twelve partitions, which one pod alone cannot carry.
    const others = Array.from({ length: 11 }, () => ({ arrival: 10, usual: 10, work: 0 }));
    const loads = [{ arrival: 400, usual: 400, work: 9_000 }, ...others];
    const hot = { loads, work: 9_000, arrival: 510, ...cost(20, 4) };
    const given = { facts: hot, policy: delay(10_000), fn: { maxReplicas: 12 } };
    expect(decide(given).replicas).toBeLessThan(12);
  });
  it('a poison record is no demand: its partition is not among the loads', () => {
    expect(decide({ facts: { ...even(0, 0), invokers: 1, idleMs: 60_000 }, current: 4 }).replicas).toBe(0);
  });
  it('until a call was measured it reckons with the cost that it says', () => {
    const known = { ...even(8, 0, 500), cost: assumedCost };
    expect(decide({ facts: { ...known, cost: null } }).replicas).toBe(decide({ facts: known }).replicas);
  });

  it('what runs stays when it is not too many for a little more', () => {
    const load = (arrival: number): Partial<BindingFacts> => ({ ...even(8, 0, arrival), ...cost(20, 4) });
    // Four pods with two partitions each carry 952 rec/s; three and two with three or four of them less.
    expect(decide({ facts: load(620), current: 3 }).replicas).toBe(3);
    expect(decide({ facts: load(600), current: 4 }).replicas).toBe(4);
    expect(decide({ facts: load(560), current: 4 }).replicas).toBe(3);
  });
  it('comes down only after the stabilisation window', () => {
    const past = { ...noPast, wishes: [{ atMs: 1000, replicas: 6 }] };
    const one = decide({ facts: even(8, 500), current: 6, past, nowMs: 2000 });
    expect(one.replicas).toBe(6);
    expect(one.because).toContain('the stabilization window of scaleDown holds');
    const windowMs = defaultBehavior.scaleDown.stabilizationWindowMs;
    expect(decide({ facts: even(8, 500), current: 6, past: one.past, nowMs: 2000 + windowMs }).replicas).toBe(1);
  });
  it('idle goes to zero without a window, though not beyond a policy', () => {
    const past = { ...noPast, wishes: [{ atMs: 1000, replicas: 6 }] };
    const idle = { facts: { idleMs: 60_000 }, current: 6, past, nowMs: 2000 };
    expect(decide(idle).replicas).toBe(0);
    const slowly: Behavior = {
      ...defaultBehavior,
      scaleDown: { ...defaultBehavior.scaleDown, policies: [{ type: 'Pods', value: 2, periodMs: 60_000 }] },
    };
    expect(decide({ ...idle, fn: { behavior: slowly } }).replicas).toBe(4);
  });
  it('no more than are known to be of use', () => {
    const demands = [demandOf(policy, { ...facts, ...even(8, 8000) })];
    const decision = decideFunction(fn, 3, noPast, demands, 0, 3);
    expect(decision).toMatchObject({ replicas: 3, because: expect.stringContaining('more did not help') });
  });
  it('says why in words', () => {
    expect(decide({ facts: { ...even(6, 12_400, 800), done: 1150.4, ...cost(20.4, 3.96) } }).because).toBe(
      'place-bid: lag 12400 over 6 of 8 partitions, 800 rec/s arriving, 1150 rec/s done, a call takes 20 ms and 4.0 ms a record → 6',
    );
  });
});

describe('several bindings on one function', () => {
  const two = (a: Partial<BindingFacts>, b: Partial<BindingFacts>, current: number): number =>
    decideFunction(
      fn,
      current,
      noPast,
      [demandOf(policy, { ...facts, ...a }), demandOf({ ...policy, name: 'b' }, { ...facts, ...b })],
      0,
    ).replicas;
  it('adds up the demands of several bindings', () => {
    expect(two(even(8, 2000), even(8, 3000), 0)).toBe(5);
    const busy = { ...even(8, 10, 400), ...cost(20, 4) };
    expect(two(busy, busy, 0)).toBe(decide({ facts: { ...even(8, 10, 800), ...cost(20, 4) } }).replicas);
  });
  it('an unknown binding adds nothing and takes nothing away', () => {
    expect(two({ known: false }, even(8, 3000), 2)).toBe(3);
    expect(two({ known: false }, even(8, 3000), 6)).toBe(6);
  });
});

const rate = fc.double({ min: 0, max: 1e5, noNaN: true });
const anyFacts: fc.Arbitrary<BindingFacts> = fc
  .record({
    known: fc.boolean(),
    loads: fc.array(fc.record({ arrival: rate, usual: rate, work: fc.nat(1_000_000) }), { maxLength: 64 }),
    partitions: fc.constant(64),
    done: rate,
    idleMs: fc.option(fc.nat(1_000_000)),
    cost: fc.option(
      fc.record({
        callMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
        recordMs: fc.double({ min: 0.001, max: 1e3, noNaN: true }),
        recordsMax: fc.integer({ min: 1, max: 10_000 }),
      }),
    ),
    invokers: fc.nat(8),
  })
  .map((seen) => ({
    ...seen,
    work: seen.loads.reduce((sum, l) => sum + l.work, 0),
    arrival: seen.loads.reduce((sum, l) => sum + l.arrival, 0),
  }));
const anyTarget = fc.oneof(
  fc.record({ kind: fc.constant('Lag' as const), records: fc.integer({ min: 1, max: 1e6 }) }),
  fc.record({ kind: fc.constant('Delay' as const), ms: fc.integer({ min: 100, max: 86_400_000 }) }),
);
const withWork = (seen: BindingFacts, more: number): BindingFacts => ({
  ...seen,
  known: true,
  work: seen.work + more,
  loads: seen.loads.map((load) => ({ ...load, work: load.work + more / seen.loads.length })),
});

describe('properties', () => {
  it('replicas stay within their bounds', () => {
    fc.assert(
      fc.property(anyFacts, anyTarget, fc.nat(20), (seen, target, current) => {
        const bounds = { minReplicas: 1, maxReplicas: 7, concurrency: 2 };
        const { replicas } = decide({ facts: seen, policy: { target }, fn: bounds, current });
        expect(Number.isInteger(replicas)).toBe(true);
        expect(replicas).toBeGreaterThanOrEqual(1);
        expect(replicas).toBeLessThanOrEqual(7);
      }),
    );
  });
  it('never zero while there is work', () => {
    fc.assert(
      fc.property(anyFacts, anyTarget, (seen, target) => {
        const given = { facts: { ...seen, known: true, work: seen.work + 1 }, policy: { target } };
        expect(decide(given).replicas).toBeGreaterThanOrEqual(1);
      }),
    );
  });
  it('is monotone in lag', () => {
    fc.assert(
      fc.property(anyFacts, anyTarget, fc.integer({ min: 1, max: 1_000_000 }), (seen, target, more) => {
        fc.pre(seen.loads.length > 0);
        const at = (work: number): number =>
          decide({ facts: withWork(seen, work), policy: { target }, fn: { maxReplicas: 64 } }).replicas;
        expect(at(1 + more)).toBeGreaterThanOrEqual(at(1));
      }),
      { numRuns: 500 },
    );
  });
  it('does not move on constant load, wherever it began', () => {
    fc.assert(
      fc.property(anyFacts, anyTarget, fc.nat(10), (seen, target, begin) => {
        let past = noPast;
        let current = begin;
        const numbers: number[] = [];
        for (let second = 0; second < 60; second++) {
          const decision = decide({
            facts: withWork(seen, 1),
            policy: { target },
            current,
            past,
            nowMs: second * 1000,
          });
          past = decision.past;
          current = decision.replicas;
          numbers.push(current);
        }
        const changes = numbers.filter((n, i) => i > 0 && n !== numbers[i - 1]);
        expect(changes.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 50 },
    );
  });
  it('what is remembered is bounded', () => {
    let past = noPast;
    for (let second = 0; second < 2000; second++) {
      past = decide({ facts: even(8, (second % 7) * 1000 + 1), past, current: 3, nowMs: second * 1000 }).past;
    }
    expect(past.wishes.length).toBeLessThanOrEqual(12);
  });
});
