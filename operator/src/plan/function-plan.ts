/** The plan for one function: its code, its address, its pods, and what to say about it. */
import { type Finding, progress, setCondition } from '#api/conditions.ts';
import type { Condition } from '#api/kubernetes.ts';
import { reasonText } from '#api/reasons.ts';
import type { EventFunctionStatus } from '#api/types.gen.ts';
import { unused } from './contract.ts';
import { callersConfigMap } from './function-callers.ts';
import { podTrouble, readiness, rollout } from './function-checks.ts';
import { type Code, codeOf } from './function-code.ts';
import { functionDeploymentOf } from './function-deployment.ts';
import { functionServiceOf, functionUrl } from './function-service.ts';
import type { FunctionObserved } from './observed.ts';
import type { FunctionPlan, ObjectRef } from './plan.ts';
import { isReady } from './pod-problems.ts';
import type { Hash, OperatorSettings } from './settings.ts';
import { eventsOf, scaledEvents } from './transitions.ts';

/** A pod that starts is looked at again for its patience to run out, even when nothing is heard of it. */
const lookAgainWhileStartingMs = 5_000;

export function planFunction(observed: FunctionObserved, settings: OperatorSettings, hash: Hash): FunctionPlan {
  const fn = observed.function;
  const code = codeOf(observed, hash);
  const replicas = replicasOf(observed);
  const status = statusOf(observed, code, replicas);
  const isSettled = status.conditions?.find(({ type }) => type === 'Reconciling')?.status === 'False';
  const starting = replicas > 0 && (!isSettled || observed.pods.filter(isReady).length < replicas);
  return {
    apply: [
      functionServiceOf(fn),
      ...(code?.own ? [code.own] : []),
      ...(code && fn.spec.runtime !== 'container' ? [callersConfigMap(fn, observed.tokenKeys)] : []),
      ...(code ? [functionDeploymentOf(fn, code, replicas, settings)] : []),
    ],
    remove: oldCode(observed, code),
    status,
    events: [
      ...eventsOf(fn.status?.conditions, status.conditions ?? []),
      ...scaledEvents(fn.status?.desiredReplicas, replicas, observed.desired),
    ],
    lookAgainMs: starting ? lookAgainWhileStartingMs : null,
  };
}

/** The decision within the bounds of the spec; without one what runs stays. */
function replicasOf({ function: fn, desired, deployment }: FunctionObserved): number {
  const { minReplicas, maxReplicas } = fn.spec.scaling;
  const wanted = desired?.replicas ?? deployment?.spec?.replicas ?? minReplicas;
  return Math.min(maxReplicas, Math.max(minReplicas, wanted));
}

function oldCode({ codeConfigMaps, deployment, pods }: FunctionObserved, code: Code | undefined): readonly ObjectRef[] {
  const template = deployment?.spec?.template ?? {};
  return unused(codeConfigMaps, code?.configMap, [template, ...pods]).map(({ metadata }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
  }));
}

function statusOf(observed: FunctionObserved, code: Code | undefined, replicas: number): EventFunctionStatus {
  const { function: fn, pods, nowMs } = observed;
  const generation = fn.metadata.generation ?? 0;
  const ready: Finding = { type: 'Ready', ...readiness(observed, { replicas, revision: code?.revision }) };
  const trouble = replicas > 0 ? podTrouble(observed) : undefined;
  const worst: Finding | undefined =
    trouble && reasonText(trouble.reason).stalls ? { type: 'Stalled', ...trouble } : undefined;
  const findings = [ready, ...progress(ready, worst, rollout(observed, replicas))];
  const conditions = findings.reduce<readonly Condition[]>(
    (list, finding) => setCondition(list, finding, generation, nowMs),
    fn.status?.conditions ?? [],
  );
  const present = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return {
    observedGeneration: generation,
    replicas: present.length,
    readyReplicas: present.filter(isReady).length,
    desiredReplicas: replicas,
    ...(code ? { revision: code.revision } : {}),
    url: functionUrl(fn),
    conditions,
  };
}
