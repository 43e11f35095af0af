/** The status when the API server refuses one of the planned objects: said where a person looks first, without losing the rest. */
import { type Finding, setCondition } from '#api/conditions.ts';
import type { Condition } from '#api/kubernetes.ts';
import { reasonText } from '#api/reasons.ts';

/** `refusal`: kind, name and the server's message. `nowMs`: Unix ms. */
export function refused<Status extends { readonly conditions?: readonly Condition[] }>(
  status: Status,
  refusal: string,
  generation: number,
  nowMs: number,
): Status {
  const message = `the API server refuses ${refusal}; next: ${reasonText('ChildRefused').next}`;
  const findings: readonly Finding[] = [
    { type: 'Ready', status: 'False', reason: 'ChildRefused', message },
    { type: 'Reconciling', status: 'False', reason: 'Settled', message: 'nothing is on its way' },
    { type: 'Stalled', status: 'True', reason: 'ChildRefused', message },
  ];
  const conditions = findings.reduce<readonly Condition[]>(
    (list, finding) => setCondition(list, finding, generation, nowMs),
    status.conditions ?? [],
  );
  return { ...status, conditions };
}
