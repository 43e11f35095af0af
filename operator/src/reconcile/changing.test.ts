// A spec that is being carried out is not settled because its workload, as the caches show it, still is.
import { expect, test } from 'vitest';
import type { Condition } from '#api/kubernetes.ts';
import { whileChanging } from './changing.ts';

const condition = (type: string, status: Condition['status'], reason: string): Condition => ({
  ...{ type, status, reason, message: 'x', observedGeneration: 2, lastTransitionTime: 'before' },
});
const settled = {
  observedGeneration: 2,
  conditions: [condition('Ready', 'True', 'Available'), condition('Reconciling', 'False', 'Settled')],
};
const change = { kind: 'Deployment', generation: 2, nowMs: Date.UTC(2026, 0, 2) };

test('it is in progress; other findings stay', () => {
  const { conditions } = whileChanging(settled, settled.conditions, change);
  expect(conditions).toEqual([
    settled.conditions[0],
    {
      ...{ type: 'Reconciling', status: 'True', reason: 'InProgress', message: 'the Deployment is being changed' },
      ...{ observedGeneration: 2, lastTransitionTime: '2026-01-02T00:00:00Z' },
    },
  ]);
});

test('the same again is the same status', () => {
  const first = whileChanging(settled, settled.conditions, change);
  const second = whileChanging(settled, first.conditions, { ...change, nowMs: change.nowMs + 60_000 });
  expect(second).toEqual(first);
});

test('what is in progress, or stalled, is said in the words of the plan', () => {
  const progressing = { conditions: [condition('Reconciling', 'True', 'InProgress')] };
  expect(whileChanging(progressing, undefined, change)).toBe(progressing);
  const stalled = {
    conditions: [condition('Reconciling', 'False', 'Settled'), condition('Stalled', 'True', 'PodsCrashing')],
  };
  expect(whileChanging(stalled, undefined, change)).toBe(stalled);
});
