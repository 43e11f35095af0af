/** Just after a start nobody has told anything yet: whether to wait for the first word rather than report what is only not known. Pure. */
import type { StreamBinding } from '#api/types.gen.ts';
import type { BindingObserved } from '../plan/observed.ts';

/** Who has not spoken by then is reported as silent. */
export const warmUpMs = 5_000;
export const warmUpLookMs = 250;

/**
 * True: plan now. What was reported before the restart stands until then, so that a restart of the operator shows nowhere as a
 * binding that is not ready. A spec that was not reported on yet does not wait.
 */
export function isWarm(
  observed: Pick<BindingObserved, 'binding' | 'sample' | 'reports'>,
  sinceStartMs: number,
): boolean {
  const { binding, sample, reports } = observed;
  if (sinceStartMs >= warmUpMs || isNews(binding)) return true;
  return sample !== undefined && reports.size >= (binding.status?.placements?.length ?? 0);
}

const isNews = ({ metadata, status }: StreamBinding): boolean => status?.observedGeneration !== metadata.generation;
