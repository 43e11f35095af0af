/** The scout of a namespace: there while there is a binding, gone with the last. */
import type { ObjectMeta } from '#api/kubernetes.ts';
import type { NamespaceObserved } from './observed.ts';
import type { NamespacePlan, ObjectRef } from './plan.ts';
import { scoutDeployment, scoutDeploymentOf, scoutService, scoutServiceOf } from './scout-children.ts';
import type { OperatorSettings } from './settings.ts';

export function planNamespace(observed: NamespaceObserved, settings: OperatorSettings): NamespacePlan {
  const { namespace, bindings } = observed;
  if (bindings.length > 0) {
    return { apply: [scoutServiceOf(namespace), scoutDeploymentOf(namespace, settings)], remove: [] };
  }
  return {
    apply: [],
    remove: [
      ...refTo(scoutDeployment, observed.scoutDeployment?.metadata),
      ...refTo(scoutService, observed.scoutService?.metadata),
    ],
  };
}

const refTo = (kind: { apiVersion: string; kind: string }, found: ObjectMeta | undefined): readonly ObjectRef[] =>
  found === undefined ? [] : [{ ...kind, namespace: found.namespace, name: found.name, uid: found.uid }];
