/** The one scout of a namespace: it belongs to no single binding, so labels, not owner references, say whose it is. */
import { labels, managedByValue, scoutName } from '#api/names.ts';
import { scoutPort } from '#contract/scout.ts';
import type { Labels } from './children.ts';
import type { ObjectToApply } from './plan.ts';
import { hardenedContainer, hardenedPod } from './pod-hardening.ts';
import type { OperatorSettings } from './settings.ts';

const selector: Labels = { [labels.component]: 'scout', [labels.partOf]: 'headrace' };
const scoutLabels: Labels = { ...selector, [labels.managedBy]: managedByValue };

export const scoutDeployment = { apiVersion: 'apps/v1', kind: 'Deployment' } as const;
export const scoutService = { apiVersion: 'v1', kind: 'Service' } as const;

export function scoutDeploymentOf(namespace: string, settings: OperatorSettings): ObjectToApply {
  return {
    ...scoutDeployment,
    metadata: { name: scoutName, namespace, labels: scoutLabels },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 2,
      // Two scouts at once would ask the brokers twice and answer with different sequences.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: scoutLabels },
        spec: {
          ...hardenedPod({ hasToken: false }),
          terminationGracePeriodSeconds: 10,
          containers: [scoutContainer(settings)],
        },
      },
    },
  };
}

const scoutContainer = ({
  images,
  imagePullPolicy,
  resources,
}: OperatorSettings): Readonly<Record<string, unknown>> => ({
  name: 'scout',
  image: images.scout,
  imagePullPolicy,
  ports: [{ name: 'http', containerPort: scoutPort }],
  resources: resources.scout,
  startupProbe: { httpGet: { path: '/livez', port: 'http' }, periodSeconds: 1, failureThreshold: 60 },
  readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 5 },
  livenessProbe: {
    httpGet: { path: '/livez', port: 'http' },
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 3,
  },
  ...hardenedContainer,
});

export const scoutServiceOf = (namespace: string): ObjectToApply => ({
  ...scoutService,
  metadata: { name: scoutName, namespace, labels: scoutLabels },
  spec: {
    type: 'ClusterIP',
    selector,
    ports: [{ name: 'http', port: scoutPort, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' }],
  },
});
