// Windows and policies with autoscaling/v2's meaning: lowest and highest of a window, limits in a period, select, disabled.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Behavior, defaultBehavior, held, noPast, type Past, remembered, type ScalingRules } from './behavior.ts';

const rules = (more: Partial<ScalingRules>): ScalingRules => ({
  stabilizationWindowMs: 0,
  policies: [],
  selectPolicy: 'Max',
  ...more,
});
const behavior = (up: Partial<ScalingRules>, down: Partial<ScalingRules> = {}): Behavior => ({
  scaleUp: rules(up),
  scaleDown: rules(down),
});
const wished = (...wishes: readonly (readonly [atMs: number, replicas: number])[]): Past => ({
  ...noPast,
  wishes: wishes.map(([atMs, replicas]) => ({ atMs, replicas })),
});
const changed = (...changes: readonly (readonly [atMs: number, by: number])[]): Past => ({
  ...noPast,
  changes: changes.map(([atMs, by]) => ({ atMs, by })),
});
const pods = (value: number, periodMs = 15_000) => ({ type: 'Pods', value, periodMs }) as const;
const percent = (value: number, periodMs = 15_000) => ({ type: 'Percent', value, periodMs }) as const;

describe('windows', () => {
  const down = behavior({}, { stabilizationWindowMs: 10_000 });
  it.each([
    ['down to the highest wish of the window', 1, 6, wished([0, 6], [5000, 4], [9000, 1]), 12_000, 6],
    ['a wish counts until the next one', 1, 6, wished([0, 6], [5000, 4]), 14_999, 6],
    ['and no longer', 1, 6, wished([0, 6], [5000, 4]), 15_000, 4],
    ['nothing wished before', 1, 6, noPast, 15_000, 1],
    ['never up on the way down', 1, 3, wished([0, 9], [5000, 1]), 6000, 3],
  ])('%s', (_, wish, current, past, nowMs, want) => expect(held(wish, current, past, down, nowMs).replicas).toBe(want));
  const up = behavior({ stabilizationWindowMs: 10_000 });
  it.each([
    ['up by the lowest wish of the window', 8, 2, wished([0, 2], [5000, 5]), 12_000, 2],
    ['and further when the low one has passed', 8, 2, wished([0, 2], [5000, 5]), 15_000, 5],
    ['never down on the way up', 8, 4, wished([0, 1]), 5000, 4],
  ])('%s', (_, wish, current, past, nowMs, want) => expect(held(wish, current, past, up, nowMs).replicas).toBe(want));
  it('the impatient do not wait', () => {
    expect(held(0, 6, wished([0, 6]), down, 1000, false).replicas).toBe(0);
  });
});

describe('policies', () => {
  it.each([
    ['as many pods as one allows', behavior({ policies: [pods(4)] }), 20, 3, noPast, 7],
    ['as many per cent, rounded up', behavior({ policies: [percent(50)] }), 20, 3, noPast, 5],
    ['the one that allows the most', behavior({ policies: [pods(4), percent(100)] }), 20, 3, noPast, 7],
    ['or the least', behavior({ policies: [pods(4), percent(100)], selectPolicy: 'Min' }), 20, 3, noPast, 6],
    ['what was added in the period counts', behavior({ policies: [pods(4)] }), 20, 5, changed([9000, 2]), 7],
    ['what was added before it does not', behavior({ policies: [pods(4)] }), 20, 5, changed([-6000, 2]), 9],
    ['what was taken away neither', behavior({ policies: [pods(4)] }), 20, 5, changed([9000, -2]), 9],
    ['disabled: no change', behavior({ selectPolicy: 'Disabled' }), 20, 3, noPast, 3],
    ['a share of nothing: the first one', behavior({ policies: [percent(100)] }), 20, 0, noPast, 1],
    ['none: as wished', behavior({}), 20, 3, noPast, 20],
    ['down by pods', behavior({}, { policies: [pods(2)] }), 0, 6, noPast, 4],
    ['down by per cent, rounded down', behavior({}, { policies: [percent(50)] }), 0, 5, noPast, 2],
    ['down: the most', behavior({}, { policies: [pods(1), percent(50)] }), 0, 6, noPast, 3],
    ['down: the least', behavior({}, { policies: [pods(1), percent(50)], selectPolicy: 'Min' }), 0, 6, noPast, 5],
    ['down: what was taken away in the period', behavior({}, { policies: [pods(2)] }), 0, 5, changed([9000, -1]), 4],
    ['down disabled', behavior({}, { selectPolicy: 'Disabled' }), 0, 6, noPast, 6],
  ])('%s', (_, b, wish, current, past, want) => expect(held(wish, current, past, b, 10_000).replicas).toBe(want));
  it('says what holds it back', () => {
    expect(held(20, 3, noPast, behavior({ policies: [pods(4)] }), 0).because).toBe(
      '20 wished, a scaling policy of scaleUp holds',
    );
    expect(held(3, 3, noPast, defaultBehavior, 0).because).toBeNull();
  });
});

describe('memory', () => {
  const b = behavior({ policies: [pods(4, 20_000)] }, { stabilizationWindowMs: 10_000 });
  it('keeps the wish that was in force when the window began, and changes of the longest period', () => {
    let past = noPast;
    for (const [second, wish] of [1, 5, 5, 2, 3].entries()) past = remembered(past, wish, 1, 1, b, second * 1000);
    expect(past.wishes.map((w) => w.replicas)).toEqual([1, 5, 2, 3]);
    expect(remembered(past, 3, 1, 1, b, 12_000).wishes.map((w) => w.replicas)).toEqual([5, 2, 3]);
    const grown = remembered(past, 3, 1, 3, b, 13_000);
    expect(grown.changes).toEqual([{ atMs: 13_000, by: 2 }]);
    expect(remembered(grown, 3, 3, 3, b, 33_000).changes).toEqual([]);
  });
  it('never does more than was wished, never the opposite of it', () => {
    const anyRules = fc.record({
      stabilizationWindowMs: fc.nat(30_000),
      selectPolicy: fc.constantFrom('Max' as const, 'Min' as const, 'Disabled' as const),
      policies: fc.array(
        fc.record({
          type: fc.constantFrom('Pods' as const, 'Percent' as const),
          value: fc.integer({ min: 1, max: 200 }),
          periodMs: fc.integer({ min: 1000, max: 30_000 }),
        }),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(anyRules, anyRules, fc.array(fc.nat(20), { maxLength: 40 }), (scaleUp, scaleDown, wishes) => {
        let past = noPast;
        let current = 3;
        for (const [second, wish] of wishes.entries()) {
          const { replicas } = held(wish, current, past, { scaleUp, scaleDown }, second * 1000);
          expect(replicas).toBeGreaterThanOrEqual(Math.min(wish, current));
          expect(replicas).toBeLessThanOrEqual(Math.max(wish, current, 1));
          past = remembered(past, wish, current, replicas, { scaleUp, scaleDown }, second * 1000);
          current = replicas;
        }
      }),
    );
  });
});
