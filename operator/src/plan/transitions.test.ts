// What is told as an Event: a decision with its reason, lag that does not fall once, and not what comes and goes with the load.
import { describe, expect, it } from 'vitest';
import { planBinding } from './binding-plan.ts';
import { planFunction } from './function-plan.ts';
import {
  bindingObserved,
  condition,
  exampleBinding,
  exampleFunction,
  exampleHash,
  functionObserved,
  settings,
  statefulSet,
} from './observed-examples.ts';
import type { PlannedEvent } from './plan.ts';
import { eventsOf, scaledEvents } from './transitions.ts';

const reasons = (events: readonly PlannedEvent[]): string[] => events.map(({ type, reason }) => `${type} ${reason}`);

describe('decisions', () => {
  const decision = { replicas: 4, reason: 'lag 12400 over 6 of 8 partitions → 4' };
  it('are told with their reason when they change the number', () => {
    expect(scaledEvents(1, 4, decision)).toEqual([
      { type: 'Normal', reason: 'Scaled', action: 'Scale', note: `from 1 to 4 pods: ${decision.reason}` },
    ]);
  });
  it.each([
    ['the first number of all', undefined, 4, decision],
    ['the same number', 4, 4, decision],
    ['a bound of the spec without a decision', 1, 4, undefined],
  ])('%s is no news', (_, before, replicas, decided) => expect(scaledEvents(before, replicas, decided)).toEqual([]));
  it('come with the plan of a function', () => {
    const fn = exampleFunction({}, { desiredReplicas: 1 });
    const { events } = planFunction(functionObserved({ function: fn, desired: decision }), settings, exampleHash);
    expect(reasons(events)).toContain('Normal Scaled');
  });
});

describe('lag that does not fall', () => {
  const tried = 'from 2 to 6 pods lag went from 10000 to 10500 records, and 100 instead of 100 rec/s were done';
  const seen = (active: string) => {
    const conditions = [condition('Active', 'True', active)];
    const desired = { replicas: 1, reason: 'because', lagNotFalling: tried };
    const binding = exampleBinding({}, { topicId: 'topic-1', conditions });
    return planBinding(bindingObserved({ binding, desired, statefulSet: statefulSet(1) }), settings, exampleHash);
  };
  it('is said with what was tried and what to do next', () => {
    const active = seen('Active').status.conditions?.find(({ type }) => type === 'Active');
    expect(active).toMatchObject({ status: 'True', reason: 'LagNotFalling' });
    expect(active?.message).toContain(tried);
    expect(active?.message).toContain('raise scaling.maxReplicas');
  });
  it('is told once', () => {
    expect(reasons(seen('Active').events)).toContain('Warning LagNotFalling');
    expect(reasons(seen('LagNotFalling').events)).not.toContain('Warning LagNotFalling');
  });
  it('and its end is no news', () => {
    const before = [condition('Active', 'True', 'LagNotFalling')];
    expect(eventsOf(before, [condition('Active', 'True', 'Active')])).toEqual([]);
  });
});
