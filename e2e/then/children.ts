// What the operator has made in a namespace, by the label that it puts on all of it.
import { labels, managedByValue } from '#api/names.ts';
import type { AnyObject, Kubernetes, Resource } from '../given/kubernetes.ts';

/** Of each of these kinds a namespace with a running stream has at least one. */
export const childKinds = [
  'configmaps',
  'services',
  'serviceaccounts',
  'roles',
  'rolebindings',
  'deployments',
  'statefulsets',
] as const satisfies readonly Resource[];

/** `resource/name` → uid, pods included; what is being deleted counts until it is gone. */
export async function childrenOf(kubernetes: Kubernetes): Promise<ReadonlyMap<string, string>> {
  const kinds: readonly Resource[] = [...childKinds, 'pods'];
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const objects = await kubernetes.list(kind, `${labels.managedBy}=${managedByValue}`);
      const named = objects as unknown as readonly AnyObject[];
      return named.map(({ metadata }) => [`${kind}/${metadata.name}`, metadata.uid] as const);
    }),
  );
  return new Map(lists.flat());
}
