/** What a status says when its plan has just changed a workload: what was planned from is the workload of before. Pure. */
import { findCondition, setCondition } from '#api/conditions.ts';
import type { Condition } from '#api/kubernetes.ts';
import type { StatusWithConditions } from './refused.ts';

/**
 * `kind` of the workload whose change the caches do not show yet. Whoever waits for `Reconciling` to be false (kstatus, `kubectl wait`) must not take
 * the new generation for carried out while everything still is as it was. `observed`: conditions as they stand, for their times.
 */
export function whileChanging<Status extends StatusWithConditions>(
  status: Status,
  observed: readonly Condition[] | undefined,
  change: { readonly kind: string; readonly generation: number; readonly nowMs: number },
): Status {
  const planned = status.conditions ?? [];
  const isSettled = findCondition(planned, 'Reconciling')?.status === 'False';
  if (!isSettled || findCondition(planned, 'Stalled')?.status === 'True') return status;
  const standing = findCondition(observed, 'Reconciling');
  const start = planned.map((found) => (found.type === 'Reconciling' ? (standing ?? found) : found));
  const message = `the ${change.kind} is being changed`;
  const finding = { type: 'Reconciling', status: 'True', reason: 'InProgress', message } as const;
  return { ...status, conditions: setCondition(start, finding, change.generation, change.nowMs) };
}
