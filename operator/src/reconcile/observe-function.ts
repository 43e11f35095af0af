/** Gathers what the plan of one function needs to know, from the caches alone. */
import { functionCallers, functionDeployment, labels } from '#api/names.ts';
import type { EventFunction } from '#api/types.gen.ts';
import type { FunctionObserved } from '../plan/observed.ts';
import type { Cluster } from './cluster.ts';
import type { Desired } from './desired.ts';

/** Undefined: the ConfigMap with its code is still being looked up. */
export function observeFunction(
  cluster: Cluster,
  desired: Desired,
  tokenKeys: string,
  fn: EventFunction,
  nowMs: number,
): FunctionObserved | undefined {
  const { namespace, name } = fn.metadata;
  const sourceName = fn.spec.code?.configMapRef?.name;
  const source = sourceName === undefined ? 'absent' : cluster.sources.look(namespace, sourceName);
  if (source === 'unknown') return undefined;
  return {
    nowMs,
    function: fn,
    deployment: cluster.deployments.get(namespace, functionDeployment(name)),
    pods: cluster.pods.in(namespace).filter(isOf(name)),
    codeConfigMaps: cluster.configMaps
      .in(namespace)
      .filter((found) => isOf(name)(found) && found.metadata.name !== functionCallers(name)),
    sourceConfigMap: source === 'absent' ? undefined : source,
    bindings: cluster.bindings.in(namespace).filter(({ spec }) => spec.functionRef.name === name),
    tokenKeys,
    desired: desired.decision(fn),
  };
}

const isOf =
  (name: string) =>
  ({ metadata }: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }): boolean =>
    metadata.labels?.[labels.function] === name && metadata.labels[labels.component] === 'function';
