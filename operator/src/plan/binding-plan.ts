/** The plan for one binding: who its invokers are, what they are told, how many there shall be, and what to say about it. */
import { elderOfSameGroup } from './binding-checks.ts';
import { bindingStatus, positionedTopicId } from './binding-status.ts';
import { type ContractToMount, contractToMount, unused } from './contract.ts';
import { happeningEvents } from './happenings.ts';
import { invokerIdentity, invokerServiceOf } from './invoker-identity.ts';
import { invokerStatefulSetOf } from './invoker-stateful-set.ts';
import type { BindingObserved } from './observed.ts';
import { placedInvokers, placementOf, podsFor } from './placement.ts';
import type { BindingPlan, ObjectRef, ObjectToApply } from './plan.ts';
import type { Hash, OperatorSettings } from './settings.ts';
import { eventsOf } from './transitions.ts';

const whileLeavingMs = 1_000;
const whileStartingMs = 5_000;
/** The lag in status is refreshed. */
const alwaysMs = 30_000;

export function planBinding(observed: BindingObserved, settings: OperatorSettings, hash: Hash): BindingPlan {
  const { binding } = observed;
  const contract = contractToMount(observed, hash);
  const invokers = contract ? invokersOf(observed) : 0;
  const pods = podsFor(invokers, observed);
  const status = bindingStatus(observed, invokers);
  const isSettled = (status.conditions ?? []).every((condition) => {
    return condition.type === 'Reconciling' ? condition.status === 'False' : condition.status !== 'Unknown';
  });
  const isInDoubt = [...observed.reports.values()].some(({ report }) => report.doubt !== undefined);
  return {
    apply: contract
      ? [
          ...invokerIdentity(binding),
          invokerServiceOf(binding),
          ...(contract.own ? [contract.own] : []),
          ...inOrder(observed, placementOf(binding, invokers), invokerStatefulSetOf(binding, contract, pods, settings)),
        ]
      : [],
    remove: contract ? oldContracts(observed, contract) : [],
    status,
    events: [...eventsOf(binding.status?.conditions, status.conditions ?? []), ...happeningEvents(observed)],
    lookAgainMs: pods > invokers ? whileLeavingMs : isSettled && !isInDoubt ? alwaysMs : whileStartingMs,
  };
}

/**
 * The placement first: a new invoker finds it, a leaving one hears of it before its pod is taken. But a wake is in a hurry: the first pods need a
 * second to start, and the placement is there long before they ask for it.
 */
function inOrder(
  { statefulSet }: BindingObserved,
  placement: ObjectToApply,
  invokers: ObjectToApply,
): readonly ObjectToApply[] {
  return statefulSet?.spec?.replicas === 0 ? [invokers, placement] : [placement, invokers];
}

/**
 * How many invokers shall own partitions. What a spec or another object has wrong stops nothing that runs: a missing function, topic or broker makes
 * records wait, and it goes on when they are back. Three things do stop: being suspended, another binding in the same group (both would take
 * partitions from each other), and positions that were never committed (there is nothing to go on from yet).
 */
function invokersOf(observed: BindingObserved): number {
  const { binding, desired, sample } = observed;
  const { minInvokers, maxInvokers } = binding.spec.scaling;
  if (binding.spec.suspend || elderOfSameGroup(observed) || positionedTopicId(observed) === undefined) return 0;
  const wanted = Math.max(minInvokers, desired?.replicas ?? placedInvokers(observed) ?? minInvokers);
  const partitions = sample?.outcome.kind === 'sampled' ? sample.outcome.partitions.length : binding.status?.partitions;
  return Math.min(maxInvokers, wanted, partitions ?? wanted);
}

function oldContracts(
  { contractConfigMaps, statefulSet, pods }: BindingObserved,
  contract: ContractToMount,
): readonly ObjectRef[] {
  const template = statefulSet?.spec?.template ?? {};
  return unused(contractConfigMaps, contract.configMap, [template, ...pods]).map(({ metadata }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
  }));
}
