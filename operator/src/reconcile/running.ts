/** How many replicas of a function or invokers of a binding run by what stands in the cluster: where decisions go on after a restart. */

import type { ConfigMap, Deployment, StatefulSet } from '#api/kubernetes.ts';
import { functionDeployment, invokerStatefulSet } from '#api/names.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import { placementConfigMap, placementKey } from '#contract/invoker-contract.ts';
import type { ReadCache } from './object-cache.ts';

export interface Standing {
  readonly deployments: ReadCache<Deployment>;
  readonly statefulSets: ReadCache<StatefulSet>;
  readonly configMaps: ReadCache<ConfigMap>;
}

/** Undefined: nothing of it exists yet. */
export function runningNow(standing: Standing, object: EventFunction | StreamBinding): number | undefined {
  const { namespace, name } = object.metadata;
  if (object.kind === 'EventFunction') {
    return standing.deployments.get(namespace, functionDeployment(name))?.spec?.replicas;
  }
  // While invokers are drained the placement is ahead of the StatefulSet: it is what was decided last.
  const placed = Number(
    standing.configMaps.get(namespace, placementConfigMap(name))?.data?.[placementKey] ?? Number.NaN,
  );
  if (Number.isInteger(placed) && placed >= 0) return placed;
  return standing.statefulSets.get(namespace, invokerStatefulSet(name))?.spec?.replicas;
}
