/** What a status says when the API server refuses a child: the plan's findings, with the refusal in front. Pure. */
import { type Finding, say, setCondition } from '#api/conditions.ts';
import type { Condition } from '#api/kubernetes.ts';

export interface StatusWithConditions {
  readonly conditions?: readonly Condition[];
}

/** `message`: which object was refused, and why, in the server's words. `observed`: conditions as they stand, for their times. */
export function withRefusal<Status extends StatusWithConditions>(
  status: Status,
  observed: readonly Condition[] | undefined,
  refusal: { readonly message: string; readonly generation: number; readonly nowMs: number },
): Status {
  const message = say(refusal.message, 'ChildRefused');
  const findings: readonly Finding[] = [
    { type: 'Ready', status: 'False', reason: 'ChildRefused', message },
    { type: 'Reconciling', status: 'False', reason: 'Settled', message: 'nothing is on its way' },
    { type: 'Stalled', status: 'True', reason: 'ChildRefused', message },
  ];
  const own = new Set<string>(findings.map(({ type }) => type));
  const standing = (observed ?? []).filter(({ type }) => own.has(type));
  const planned = (status.conditions ?? []).map((found) => standing.find(({ type }) => type === found.type) ?? found);
  const start = [...planned, ...standing.filter((found) => !planned.includes(found))];
  const conditions = findings.reduce<readonly Condition[]>(
    (list, finding) => setCondition(list, finding, refusal.generation, refusal.nowMs),
    start,
  );
  return { ...status, conditions };
}
