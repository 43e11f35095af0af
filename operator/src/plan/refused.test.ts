// A refused object shows in Ready and Stalled; what else was known stays.
import { expect, it } from 'vitest';
import { findCondition } from '#api/conditions.ts';
import { condition, nowMs } from './observed-examples.ts';
import { refused } from './refused.ts';

it('says what was refused and keeps the rest', () => {
  const before = {
    replicas: 2,
    conditions: [condition('Ready', 'True', 'Available'), condition('Suspended', 'False', 'NotSuspended')],
  };
  const after = refused(before, 'Deployment x: spec.tolerations[0] is wrong', 3, nowMs);
  expect(after.replicas).toBe(2);
  expect(findCondition(after.conditions, 'Ready')).toMatchObject({
    status: 'False',
    reason: 'ChildRefused',
    observedGeneration: 3,
  });
  expect(findCondition(after.conditions, 'Stalled')).toMatchObject({ status: 'True' });
  expect(findCondition(after.conditions, 'Ready')?.message).toContain('spec.tolerations[0] is wrong; next: ');
  expect(findCondition(after.conditions, 'Suspended')).toBe(before.conditions[1]);
});
