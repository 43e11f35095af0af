/** Removes what a plan no longer wants: only the very object that was planned against, and once. */
import type { KubeWriter } from '../clients/kube.ts';
import type { KubeFailure } from '../clients/kube-failure.ts';
import type { ObjectRef } from '../plan/plan.ts';

export interface PruneOptions {
  readonly writer: Pick<KubeWriter, 'remove'>;
  readonly onRemoved: (ref: ObjectRef, outcome: string) => void;
}

/** The first failure, after all were tried: one that resists must not keep the others. */
export async function prune(options: PruneOptions, refs: readonly ObjectRef[]): Promise<KubeFailure | undefined> {
  let first: KubeFailure | undefined;
  for (const ref of refs) {
    const result = await options.writer.remove(ref);
    options.onRemoved(ref, result.kind === 'ok' ? result.value : result.code);
    if (result.kind === 'failed') first ??= result;
  }
  return first;
}
