/** The container of a function that is an image of the user's own: it speaks plain HTTP and knows nothing of Headrace. */
import type { ResourceRequirements } from '#api/kubernetes.ts';
import { durationMs } from '#api/quantities.ts';
import type { EventFunction } from '#api/types.gen.ts';
import { functionPort } from '#contract/call.ts';
import { hardenedContainer } from './pod-hardening.ts';

const startWithinSeconds = 120;
/** Callers look elsewhere within this after the pod has begun to end. */
const quietMs = 5_000;
/** Longest that a container which cannot drain is spared its SIGTERM: an idle pod should not stay for a quarter of an hour. */
const spareMaxMs = 30_000;

/** It has its time-out to end what runs, whether it drains by itself or has to be spared. */
export const plainEndMs = (fn: EventFunction): number => durationMs(fn.spec.timeout) + quietMs;

export function plainContainer(fn: EventFunction, resources: ResourceRequirements): Readonly<Record<string, unknown>> {
  const { image, port = functionPort, env = [], envFrom, timeout } = fn.spec;
  const isListening = { tcpSocket: { port: 'http' }, timeoutSeconds: 5 };
  return {
    name: 'function',
    image,
    env: [{ name: 'PORT', value: String(port) }, ...env],
    ...(envFrom ? { envFrom } : {}),
    ports: [{ name: 'http', containerPort: port }],
    resources,
    // Which paths it answers is not known; that it listens is all that can be asked.
    startupProbe: { ...isListening, timeoutSeconds: 1, periodSeconds: 1, failureThreshold: startWithinSeconds },
    readinessProbe: { ...isListening, periodSeconds: 2, failureThreshold: 3 },
    livenessProbe: { ...isListening, periodSeconds: 10, failureThreshold: 3 },
    // Many programs break off what runs when they get SIGTERM; until then no new call comes, and an open one ends.
    lifecycle: {
      preStop: { sleep: { seconds: Math.ceil((Math.min(durationMs(timeout), spareMaxMs) + quietMs) / 1000) } },
    },
    ...hardenedContainer,
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
}
