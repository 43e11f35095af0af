/** What must be gathered before a plan can be made: one complete input per kind, no look-ups while planning. */
import type { ConfigMap, Deployment, ObjectMeta, Pod, StatefulSet } from '#api/kubernetes.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import type { InvokerReport } from '#contract/invoker-report.ts';
import type { BindingSample } from '#contract/scout.ts';

/** Objects that are being deleted (`deletionTimestamp`) are not planned at all: owner references clean up after them. */
export interface FunctionObserved {
  /** Unix ms. */
  readonly nowMs: number;
  readonly function: EventFunction;
  /** Named `functionDeployment(name)`. */
  readonly deployment: Deployment | undefined;
  /** Pods with label `headrace.dev/function` = name and component `function`. */
  readonly pods: readonly Pod[];
  /** Our ConfigMaps for inline code (label `headrace.dev/function` = name, managed by headrace), all hashes. */
  readonly codeConfigMaps: readonly ConfigMap[];
  /** The user's ConfigMap that `spec.code.configMapRef` names; undefined when there is none or it is not named. */
  readonly sourceConfigMap: ConfigMap | undefined;
  /** StreamBindings of the namespace whose `spec.functionRef.name` is this function. */
  readonly bindings: readonly StreamBinding[];
  /** JWKS: the public keys with which the cluster signs tokens of service accounts. */
  readonly tokenKeys: string;
  /** The scale room's newest decision; undefined when there is none yet: what runs is then left as it is. */
  readonly desired: ReplicaDecision | undefined;
}

export interface BindingObserved {
  /** Unix ms. */
  readonly nowMs: number;
  readonly binding: StreamBinding;
  /** The EventFunction that `spec.functionRef` names; undefined when missing. */
  readonly function: EventFunction | undefined;
  /** Named `invokerStatefulSet(name)`. */
  readonly statefulSet: StatefulSet | undefined;
  /** Pods with label `headrace.dev/binding` = name and component `invoker`. */
  readonly pods: readonly Pod[];
  /** Newest report of each invoker, by ordinal; an invoker that did not answer is absent. */
  readonly reports: ReadonlyMap<number, InvokerReportSeen>;
  /** Newest sample of the binding's uid, good or failed; undefined before the first one. */
  readonly sample: BindingSample | undefined;
  /** Our contract ConfigMaps (label `headrace.dev/binding` = name, name starts with `<name>-contract-`), all hashes. */
  readonly contractConfigMaps: readonly ConfigMap[];
  /** Named `placementConfigMap(name)`. */
  readonly placement: ConfigMap | undefined;
  /** All other StreamBindings of the namespace that are not being deleted (two may not share a consumer group). */
  readonly neighbours: readonly StreamBinding[];
  /** The scale room's newest decision; undefined when there is none yet: what runs is then left as it is. */
  readonly desired: ReplicaDecision | undefined;
}

export interface InvokerReportSeen {
  /** The pod that answered: a report of an older pod with the same name says nothing about the new one. */
  readonly podUid: string;
  /** Unix ms. */
  readonly atMs: number;
  readonly report: InvokerReport;
}

export interface ReplicaDecision {
  readonly replicas: number;
  /** In words, with the figures it was made from. */
  readonly reason: string;
  /** Of a binding: what was tried against a lag that does not fall. */
  readonly lagNotFalling?: string;
}

/** For the scout of one namespace. */
export interface NamespaceObserved {
  readonly namespace: string;
  /** StreamBindings of the namespace that are not being deleted. */
  readonly bindings: readonly StreamBinding[];
  /** Named `scoutName`, with our `managed-by` label, if they exist. */
  readonly scoutDeployment: { readonly metadata: ObjectMeta } | undefined;
  readonly scoutService: { readonly metadata: ObjectMeta } | undefined;
}
