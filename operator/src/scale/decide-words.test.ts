// What a decision says: the reasons that people read in Events and logs, and which partition is taken for the busiest.
import { describe, expect, it } from 'vitest';
import { type Behavior, defaultBehavior, noPast } from './behavior.ts';
import { type BindingFacts, type BindingPolicy, type Demand, decideFunction, demandOf } from './decide.ts';
import { facts, fn, policy } from './scale-examples.ts';

const load = (arrival: number, work: number) => ({ arrival, usual: arrival, work });
const demand = (given: Partial<BindingFacts>, asked: Partial<BindingPolicy> = {}): Demand =>
  demandOf({ ...policy, ...asked }, { ...facts, ...given });

describe('a binding says', () => {
  const owing = { work: 42, loads: [load(9.96, 40), load(0, 2)], arrival: 9.96, done: 0.26 };
  it.each<[Demand, Pick<Demand, 'kind' | 'because'>]>([
    [demand({ work: 5 }, { suspended: true }), { kind: 'idle', because: 'place-bid: suspended' }],
    [demand({ known: false }), { kind: 'hold', because: 'place-bid: no sample of its lag' }],
    [demand({ invokers: 0 }), { kind: 'idle', because: 'place-bid: nothing to do' }],
    [demand({ idleMs: 61_400 }), { kind: 'idle', because: 'place-bid: idle for 61 s' }],
    [demand({ idleMs: null }), { kind: 'idle', because: 'place-bid: idle for 60 s' }],
    [
      demand(owing),
      {
        kind: 'active',
        because:
          'place-bid: lag 42 over 2 of 8 partitions, 10.0 rec/s arriving, 0.3 rec/s done, the cost of a call is not known yet',
      },
    ],
    [
      demand({ ...owing, arrival: 10, done: 1234.5, cost: { callMs: 20.4, recordMs: 4, recordsMax: 100 } }),
      {
        kind: 'active',
        because:
          'place-bid: lag 42 over 2 of 8 partitions, 10 rec/s arriving, 1235 rec/s done, a call takes 20 ms and 4.0 ms a record',
      },
    ],
    [
      demand({ ...owing, delayMs: 3_240 }),
      { kind: 'active', because: expect.stringContaining('partitions, the oldest 3.2 s old, 10.0 rec/s arriving') },
    ],
    [
      demand({ delayMs: 0 }),
      { kind: 'active', because: expect.stringContaining('lag 0 over 0 of 8 partitions, 0.0 rec/s') },
    ],
  ])('%j', (said, expected) => {
    expect({ kind: said.kind, because: said.because }).toEqual(expected);
  });
});

describe('a function says', () => {
  const because = (demands: readonly Demand[], current = 0, useful?: number, behavior: Behavior = defaultBehavior) =>
    decideFunction({ ...fn, behavior }, current, noPast, demands, 0, useful).because;
  const held = demand({ known: false });
  const much = demand({ work: 3_500, loads: Array.from({ length: 8 }, () => load(0, 437.5)) });
  const lone = (pods: string) => `${much.because} → ${pods}`;

  it('what all its bindings say, and the number', () => {
    expect(because([much, demand({ invokers: 0 })])).toBe(`${much.because}; place-bid: nothing to do → 4`);
    expect(because([])).toBe('no binding → 0');
  });

  it('that it holds what is not known', () => {
    expect(because([held], 3)).toBe('place-bid: no sample of its lag → 3 (held)');
  });

  it('that more did not help, only where more would have been wished', () => {
    expect(because([much], 2, 2)).toBe(lone('2 (more did not help)'));
    expect(because([much], 4, 4)).toBe(lone('4'));
  });

  it('which rule of its behavior kept it from the number it wished', () => {
    const policies = [{ type: 'Pods', value: 1, periodMs: 60_000 }] as const;
    const slow: Behavior = { ...defaultBehavior, scaleUp: { ...defaultBehavior.scaleUp, policies } };
    expect(because([much], 1, undefined, slow)).toMatch(/ → 2 \(.+\)$/);
    expect(because([held, much], 1, undefined, slow)).toMatch(/ → 2 \(held; .+\)$/);
    // One more is all that is wished: nothing kept it.
    expect(because([much], 3, undefined, slow)).toBe(lone('4'));
  });
});

describe('the busiest partition', () => {
  const busiest = (...loads: ReturnType<typeof load>[]) => {
    const found = demand({ loads, work: 1 });
    return found.kind === 'active' ? [found.load.busiest, found.load.others] : [];
  };

  it('is the one with most to do in the next five seconds: what comes and what it owes', () => {
    expect(busiest(load(10, 0), load(1, 100), load(9, 0))).toEqual([load(1, 100), load(9.5, 0)]);
    expect(busiest(load(10, 0), load(1, 40), load(9, 0))).toEqual([load(10, 0), load(5, 20)]);
  });

  it('is an idle one where none has anything to do', () => {
    expect(busiest()).toEqual([load(0, 0), load(0, 0)]);
  });
});
