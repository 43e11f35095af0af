// A refused child shows in Ready and Stalled, and saying it again changes no time.
import { expect, test } from 'vitest';
import type { Condition } from '#api/kubernetes.ts';
import { withRefusal } from './refused.ts';

const condition = (type: string, status: Condition['status'], at: string): Condition => ({
  type,
  status,
  lastTransitionTime: at,
  observedGeneration: 1,
  reason: 'X',
  message: 'x',
});
const planned = {
  observedGeneration: 2,
  conditions: [condition('Ready', 'Unknown', 'now'), condition('Active', 'True', 'before')],
};
const refusal = { message: 'Deployment a: Invalid: cpu', generation: 2, nowMs: Date.UTC(2026, 0, 2) };

test('Ready and Stalled name the refusal; other findings stay', () => {
  const { conditions } = withRefusal(planned, undefined, refusal);
  expect(conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
    ['Ready', 'False', 'ChildRefused'],
    ['Active', 'True', 'X'],
    ['Reconciling', 'False', 'Settled'],
    ['Stalled', 'True', 'ChildRefused'],
  ]);
  expect(conditions?.[0]?.message).toContain('Deployment a: Invalid: cpu; next: change the field');
});

test('the same refusal again is the same status', () => {
  const first = withRefusal(planned, undefined, refusal);
  const second = withRefusal(planned, first.conditions, { ...refusal, nowMs: refusal.nowMs + 60_000 });
  expect(second).toEqual(first);
});
