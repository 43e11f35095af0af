/** The Deployment of a function's pods: one container, a host with the code mounted or the user's own; quick to start, slow to be killed. */
import type { ResourceRequirements } from '#api/kubernetes.ts';
import { codeHashAnnotation, functionDeployment } from '#api/names.ts';
import { durationMs } from '#api/quantities.ts';
import type { EventFunction } from '#api/types.gen.ts';
import { functionPort, livePath, readyPath } from '#contract/call.ts';
import { childOf, labelsOf, selectorOf } from './children.ts';
import { callersEnv, callersMount, callersVolume } from './function-callers.ts';
import type { Code } from './function-code.ts';
import { plainContainer, plainEndMs } from './plain-container.ts';
import type { ObjectToApply } from './plan.ts';
import { hardenedContainer, hardenedPod, spread } from './pod-hardening.ts';
import type { OperatorSettings } from './settings.ts';

const codeDir = '/etc/headrace/code';
/** The host waits for the last callers to look elsewhere before it goes, even when nothing runs. */
const hostQuietMs = 5_000;
const killedAfterDrainMs = 5_000;

export function functionDeploymentOf(
  fn: EventFunction,
  code: Code,
  replicas: number,
  settings: OperatorSettings,
): ObjectToApply {
  const { template } = fn.spec;
  const selector = selectorOf(fn);
  const isPlain = fn.spec.runtime === 'container';
  const drainMs = durationMs(fn.spec.timeout) + hostQuietMs;
  const endMs = isPlain ? plainEndMs(fn) : drainMs;
  const resources: ResourceRequirements = fn.spec.resources ?? settings.resources.function;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: childOf(fn, functionDeployment(fn.metadata.name)),
    spec: {
      replicas,
      revisionHistoryLimit: 2,
      selector: { matchLabels: selector },
      // A new pod is ready before an old one goes. Both may be called for a moment: hosts fence calls by epoch, not by version.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: { ...template?.metadata?.labels, ...labelsOf(fn) },
          annotations: { ...template?.metadata?.annotations, [codeHashAnnotation]: code.revision },
        },
        spec: {
          ...hardenedPod({ hasToken: template?.serviceAccountName !== undefined }),
          ...(template?.serviceAccountName ? { serviceAccountName: template.serviceAccountName } : {}),
          ...(template?.nodeSelector ? { nodeSelector: template.nodeSelector } : {}),
          ...(template?.tolerations ? { tolerations: template.tolerations } : {}),
          topologySpreadConstraints: spread(selector),
          terminationGracePeriodSeconds: Math.ceil((endMs + killedAfterDrainMs) / 1000),
          containers: [isPlain ? plainContainer(fn, resources) : hostContainer(fn, drainMs, settings, resources)],
          volumes: [
            ...(code.configMap === undefined ? [] : [{ name: 'code', configMap: { name: code.configMap } }]),
            ...(isPlain ? [] : [callersVolume(fn)]),
            { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
          ],
        },
      },
    },
  };
}

function hostContainer(
  fn: EventFunction,
  drainMs: number,
  settings: OperatorSettings,
  resources: ResourceRequirements,
): Readonly<Record<string, unknown>> {
  const timeoutMs = durationMs(fn.spec.timeout);
  const own = {
    HEADRACE_FUNCTION: fn.metadata.name,
    HEADRACE_CODE_DIR: codeDir,
    HEADRACE_HANDLER: fn.spec.handler,
    HEADRACE_SIGNATURE: fn.spec.signature,
    HEADRACE_CONCURRENCY: String(fn.spec.concurrency),
    HEADRACE_TIMEOUT_MS: String(timeoutMs),
    HEADRACE_DRAIN_MS: String(drainMs),
    HEADRACE_PORT: String(functionPort),
    ...callersEnv(fn),
  };
  return {
    name: 'function',
    image: settings.images.hostNode26,
    imagePullPolicy: settings.imagePullPolicy,
    env: [...Object.entries(own).map(([name, value]) => ({ name, value })), ...(fn.spec.env ?? [])],
    ...(fn.spec.envFrom ? { envFrom: fn.spec.envFrom } : {}),
    ports: [{ name: 'http', containerPort: functionPort }],
    resources,
    ...probes(timeoutMs),
    ...hardenedContainer,
    volumeMounts: [
      { name: 'code', mountPath: codeDir, readOnly: true },
      callersMount,
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

const startWithinSeconds = 120;
const probeTimeoutSeconds = 5;

/**
 * A start is seen within a second; the kubelet looks at readiness anew as soon as the start is seen. Later probes bear a function that computes
 * for its whole timeout without a pause: a pod must not be taken away, or killed, for doing its work.
 */
function probes(timeoutMs: number): Readonly<Record<string, unknown>> {
  const busyProbes = Math.ceil(timeoutMs / 1000 / probeTimeoutSeconds);
  const get = (path: string): unknown => ({ path, port: 'http' });
  return {
    startupProbe: {
      httpGet: get(readyPath),
      periodSeconds: 1,
      timeoutSeconds: 1,
      failureThreshold: startWithinSeconds,
    },
    readinessProbe: {
      httpGet: get(readyPath),
      periodSeconds: 2,
      timeoutSeconds: probeTimeoutSeconds,
      failureThreshold: busyProbes + 2,
    },
    livenessProbe: {
      httpGet: get(livePath),
      periodSeconds: 10,
      timeoutSeconds: probeTimeoutSeconds,
      failureThreshold: busyProbes + 3,
    },
  };
}
