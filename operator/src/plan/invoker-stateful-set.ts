/** The StatefulSet of a binding's invokers: the ordinal is the member's name in the consumer group. */
import { contractHashAnnotation, invokerService, invokerServiceAccount, invokerStatefulSet } from '#api/names.ts';
import { durationMs } from '#api/quantities.ts';
import type { StreamBinding } from '#api/types.gen.ts';
import { invokerPort } from '#contract/invoker-report.ts';
import { childOf, labelsOf, selectorOf } from './children.ts';
import type { ContractToMount } from './contract.ts';
import { callTokenMount, callTokenVolume } from './function-callers.ts';
import type { ObjectToApply } from './plan.ts';
import { hardenedContainer, hardenedPod, spread } from './pod-hardening.ts';
import type { OperatorSettings } from './settings.ts';

const contractDir = '/etc/headrace/contract';
/** After the drain: the last commit, and the farewell to the group. */
const farewellSeconds = 10;

export function invokerStatefulSetOf(
  binding: StreamBinding,
  contract: ContractToMount,
  pods: number,
  settings: OperatorSettings,
): ObjectToApply {
  const { name } = binding.metadata;
  const selector = selectorOf(binding);
  const drainSeconds = Math.ceil(durationMs(binding.spec.flow.drainTimeout) / 1000);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: childOf(binding, invokerStatefulSet(name)),
    spec: {
      serviceName: invokerService(name),
      replicas: pods,
      revisionHistoryLimit: 2,
      // Invokers do not wait for each other when they start; a roll-out still replaces one at a time.
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: labelsOf(binding), annotations: { [contractHashAnnotation]: contract.hash } },
        spec: {
          ...hardenedPod({ hasToken: true }),
          serviceAccountName: invokerServiceAccount(name),
          topologySpreadConstraints: spread(selector),
          terminationGracePeriodSeconds: drainSeconds + farewellSeconds,
          containers: [invokerContainer(settings)],
          volumes: [
            { name: 'contract', configMap: { name: contract.configMap } },
            callTokenVolume(binding.metadata.namespace, binding.spec.functionRef.name),
          ],
        },
      },
    },
  };
}

const fieldEnv = (name: string, fieldPath: string): unknown => ({ name, valueFrom: { fieldRef: { fieldPath } } });

const invokerContainer = ({
  images,
  imagePullPolicy,
  resources,
}: OperatorSettings): Readonly<Record<string, unknown>> => ({
  name: 'invoker',
  image: images.invoker,
  imagePullPolicy,
  env: [fieldEnv('POD_NAME', 'metadata.name'), fieldEnv('POD_NAMESPACE', 'metadata.namespace')],
  ports: [{ name: 'http', containerPort: invokerPort }],
  resources: resources.invoker,
  startupProbe: { httpGet: { path: '/livez', port: 'http' }, periodSeconds: 1, failureThreshold: 60 },
  readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 2, failureThreshold: 3 },
  // Generous: a restart costs the partitions a session, and heartbeats already tell the group of a dead invoker.
  livenessProbe: {
    httpGet: { path: '/livez', port: 'http' },
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 6,
  },
  ...hardenedContainer,
  volumeMounts: [{ name: 'contract', mountPath: contractDir, readOnly: true }, callTokenMount],
});
