/** Gathers what the plan of a namespace's scout needs to know. */
import { labels, managedByValue, scoutName } from '#api/names.ts';
import type { NamespaceObserved } from '../plan/observed.ts';
import type { Child, Cluster } from './cluster.ts';

export function observeNamespace(cluster: Cluster, namespace: string): NamespaceObserved {
  const ours = (kind: string): Child | undefined => {
    const object = cluster.children.get(kind)?.get(namespace, scoutName);
    return object?.metadata.labels?.[labels.managedBy] === managedByValue ? object : undefined;
  };
  return {
    namespace,
    bindings: cluster.bindings.in(namespace).filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    scoutDeployment: ours('Deployment'),
    scoutService: ours('Service'),
  };
}
