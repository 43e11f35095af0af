/** How many invokers shall own partitions, what is wished for single records, and how many pods that takes while some still leave. */
import { retryAnnotation, skipAnnotation } from '#api/names.ts';
import type { StreamBinding } from '#api/types.gen.ts';
import { parseWishes, placementConfigMap, placementKey, type Wish, wishKeys } from '#contract/invoker-contract.ts';
import { childOf } from './children.ts';
import type { BindingObserved } from './observed.ts';
import type { ObjectToApply } from './plan.ts';

export const placementOf = (binding: StreamBinding, invokers: number): ObjectToApply => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: childOf(binding, placementConfigMap(binding.metadata.name)),
  data: {
    [placementKey]: String(invokers),
    ...Object.fromEntries(wishesOf(binding).flatMap(({ what, text, valid }) => (valid ? [[what, text]] : []))),
  },
});

interface WishText {
  readonly what: Wish['what'];
  readonly text: string;
  readonly valid: boolean;
}

/** What the binding's annotations wish for single records. */
export function wishesOf({ metadata: { annotations = {} } }: StreamBinding): readonly WishText[] {
  return wishKeys.flatMap((what) => {
    const text = annotations[what === 'skip' ? skipAnnotation : retryAnnotation];
    return text === undefined ? [] : [{ what, text, valid: parseWishes(what, text) !== null }];
  });
}

/** What the placement document says now; undefined: there is none, or it says nothing sensible. */
export function placedInvokers({ placement }: BindingObserved): number | undefined {
  const text = placement?.data?.[placementKey];
  return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

/**
 * Pods of the StatefulSet for `invokers` owners. An ordinal at or above that number first drains and leaves its group for good; only then may its
 * pod go. A StatefulSet takes the highest ordinal first, so it stays as large as the highest one that has not left.
 */
export function podsFor(invokers: number, observed: BindingObserved): number {
  const present = observed.statefulSet?.spec?.replicas ?? 0;
  for (let ordinal = present - 1; ordinal >= invokers; ordinal -= 1) {
    if (!hasLeft(ordinal, observed)) return ordinal + 1;
  }
  return invokers;
}

/** No pod, or it said itself that it has left. A report of an older pod of this name proves nothing. */
function hasLeft(ordinal: number, { pods, reports }: BindingObserved): boolean {
  const pod = pods.find((candidate) => ordinalOf(candidate.metadata.name) === ordinal);
  if (pod === undefined) return true;
  const seen = reports.get(ordinal);
  return seen !== undefined && seen.podUid === pod.metadata.uid && seen.report.membership === 'left';
}

/** The number at the end of a StatefulSet pod's name. */
export function ordinalOf(podName: string): number | undefined {
  const digits = /-(\d{1,9})$/.exec(podName)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
