// Every pod that we make passes restricted pod security, has no token it does not need, and bounds what it uses.
import { describe, expect, it } from 'vitest';
import { planBinding } from './binding-plan.ts';
import { planFunction } from './function-plan.ts';
import { planNamespace } from './namespace-plan.ts';
import {
  bindingObserved,
  exampleBinding,
  exampleContainer,
  exampleFunction,
  exampleHash,
  functionObserved,
  settings,
} from './observed-examples.ts';
import type { ObjectToApply } from './plan.ts';

interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly enableServiceLinks: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly hostNetwork?: unknown;
  readonly hostPID?: unknown;
  readonly hostIPC?: unknown;
  readonly initContainers?: unknown;
  readonly terminationGracePeriodSeconds: number;
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly containers: readonly {
    readonly image: string;
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly resources: { readonly requests?: object; readonly limits?: { readonly memory?: string } };
    readonly readinessProbe?: object;
    readonly livenessProbe?: object;
    readonly ports: readonly { readonly hostPort?: number }[];
  }[];
}

const podOf = (object: ObjectToApply): PodSpec =>
  (object as unknown as { spec: { template: { spec: PodSpec } } }).spec.template.spec;
const isWorkload = ({ kind }: ObjectToApply): boolean => kind === 'Deployment' || kind === 'StatefulSet';

const withAccount = exampleFunction({
  template: { serviceAccountName: 'bidder', metadata: { labels: { team: 'a' } } },
});
const workloads: [string, ObjectToApply][] = [
  ...planFunction(functionObserved(), settings, exampleHash).apply,
  ...planFunction(functionObserved({ function: withAccount }), settings, exampleHash).apply,
  ...planFunction(functionObserved({ function: exampleContainer() }), settings, exampleHash).apply,
  ...planBinding(bindingObserved(), settings, exampleHash).apply,
  ...planNamespace(
    { namespace: 'auction', bindings: [exampleBinding()], scoutDeployment: undefined, scoutService: undefined },
    settings,
  ).apply,
]
  .filter(isWorkload)
  .map((object) => [`${object.kind} ${object.metadata.name}`, object]);

it('all kinds of pods are looked at', () => {
  expect(workloads.map(([name]) => name)).toEqual([
    'Deployment place-bid-function',
    'Deployment place-bid-function',
    'Deployment place-bid-function',
    'StatefulSet place-bid-invoker',
    'Deployment headrace-scout',
  ]);
});

describe.each(workloads)('%s', (_, object) => {
  const pod = podOf(object);

  it('restricted: pod level', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect([pod.hostNetwork, pod.hostPID, pod.hostIPC, pod.initContainers]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('restricted: containers', () => {
    expect(pod.containers.length).toBeGreaterThan(0);
    for (const container of pod.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.ports.filter(({ hostPort }) => hostPort !== undefined)).toEqual([]);
    }
  });

  it('restricted: volumes are of harmless kinds', () => {
    const kinds = (pod.volumes ?? []).flatMap((volume) => Object.keys(volume).filter((key) => key !== 'name'));
    expect(kinds.filter((kind) => !['configMap', 'emptyDir', 'projected'].includes(kind))).toEqual([]);
  });

  it('has bounds, probes, and time to end', () => {
    for (const { resources, readinessProbe, livenessProbe } of pod.containers) {
      expect(resources.requests).toBeDefined();
      expect(resources.limits?.memory).toBeDefined();
      expect([readinessProbe, livenessProbe]).not.toContain(undefined);
    }
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(10);
    expect(pod.enableServiceLinks).toBe(false);
  });
});

it('only invokers, and functions that name an account, get a token', () => {
  expect(workloads.map(([, object]) => podOf(object).automountServiceAccountToken)).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
});
