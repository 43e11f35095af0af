/** Gathers what the plan of one binding needs to know, from the caches and the other rooms' newest word. */
import { contractConfigMap, invokerStatefulSet, labels } from '#api/names.ts';
import type { StreamBinding } from '#api/types.gen.ts';
import { placementConfigMap } from '#contract/invoker-contract.ts';
import type { BindingObserved } from '../plan/observed.ts';
import type { Cluster } from './cluster.ts';
import type { Desired } from './desired.ts';
import type { ReportsSeen } from './reports-seen.ts';
import type { SamplesSeen } from './samples-seen.ts';

export interface BindingSources {
  readonly cluster: Cluster;
  readonly desired: Desired;
  readonly reports: ReportsSeen;
  readonly samples: SamplesSeen;
}

export function observeBinding(sources: BindingSources, binding: StreamBinding, nowMs: number): BindingObserved {
  const { cluster, desired, reports, samples } = sources;
  const { namespace, name, uid } = binding.metadata;
  return {
    nowMs,
    binding,
    function: cluster.functions.get(namespace, binding.spec.functionRef.name),
    statefulSet: cluster.statefulSets.get(namespace, invokerStatefulSet(name)),
    pods: cluster.pods.in(namespace).filter(({ metadata }) => {
      return metadata.labels?.[labels.binding] === name && metadata.labels[labels.component] === 'invoker';
    }),
    reports: reports.of(uid),
    sample: samples.of(uid),
    contractConfigMaps: cluster.configMaps.in(namespace).filter(({ metadata }) => {
      return metadata.labels?.[labels.binding] === name && metadata.name.startsWith(contractConfigMap(name, ''));
    }),
    placement: cluster.configMaps.get(namespace, placementConfigMap(name)),
    neighbours: cluster.bindings
      .in(namespace)
      .filter(({ metadata }) => metadata.uid !== uid && metadata.deletionTimestamp === undefined),
    desired: desired.decision(binding),
  };
}
