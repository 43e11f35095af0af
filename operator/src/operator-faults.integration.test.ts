// The operator through faults: cut off from the API server, restarted, killed, refused; streams' replicas stay as they are.
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { type FaultProxy, startFaultProxy } from '#kube/fault-proxy.ts';
import { kubeconfigApi } from '#kube/kubeconfig.ts';
import type { KubeApi } from '#kube/list-watch.ts';
import { ask } from '#kube/test-requests.ts';
import { type OperatorProcess, startOperatorProcess } from './operator-process.ts';
import {
  echoFunction,
  installDefinitions,
  kubeconfigFor,
  ordersBinding,
  type Seen,
  type TestNamespace,
  testNamespace,
} from './test-namespace.ts';

const soon = { timeout: 10_000, interval: 50 };
/** The promise: a change made during a cut is applied so soon after it. */
const afterCut = { timeout: 5_000, interval: 50 };
let api: KubeApi;
let proxy: FaultProxy;
let kubeconfigPath: string;
let space: TestNamespace;
const running: OperatorProcess[] = [];

beforeAll(async () => {
  api = kubeconfigApi(inject('kubeconfigPath'));
  await installDefinitions(api);
  const { hostname, port } = new URL(api.url);
  proxy = await startFaultProxy({ host: hostname, port: Number(port) });
  kubeconfigPath = kubeconfigFor(inject('kubeconfigPath'), api.url, `https://127.0.0.1:${proxy.port}`);
});
afterAll(() => proxy.close());
beforeEach(async () => {
  space = await testNamespace(api);
});
afterEach(async () => {
  proxy.heal();
  for (const operator of running.splice(0)) await operator.kill();
});

async function start(): Promise<OperatorProcess> {
  const operator = await startOperatorProcess({ kubeconfigPath, namespaces: [space.name] });
  running.push(operator);
  return operator;
}

const replicasOf = async (kind: 'Deployment' | 'StatefulSet', name: string): Promise<unknown> =>
  (await space.get(kind, name)).spec.replicas;

/** A function with one pod wanted and a binding with two invokers. */
async function settle(): Promise<void> {
  await space.apply(echoFunction());
  await space.apply(ordersBinding());
  await vi.waitFor(async () => expect(await space.children()).toContain('StatefulSet/orders-invoker'), soon);
  await space.patch('StreamBinding', 'orders', { status: { topicId: 'dG9waWM' } }, 'status');
  await vi.waitFor(async () => {
    expect(await replicasOf('Deployment', 'echo-function')).toBe(1);
    expect(await replicasOf('StatefulSet', 'orders-invoker')).toBe(2);
  }, soon);
}

test('changes made during a cut are applied within 5 s after it', async () => {
  const operator = await start();
  await settle();
  proxy.cut();
  await vi.waitFor(() => {
    const failed = new Set(
      operator.log.filter(({ msg }) => msg.startsWith('a list or watch failed')).map(({ kind }) => kind),
    );
    expect(failed.size).toBe(10);
  }, soon);
  // Long enough for every watch to have reached its longest wait between two tries.
  const failures = (): number => operator.log.filter(({ msg }) => msg.startsWith('a list or watch failed')).length;
  await vi.waitFor(() => expect(failures()).toBeGreaterThan(80), { timeout: 30_000 });
  await space.apply(echoFunction({ scaling: { minReplicas: 3, maxReplicas: 3 } }));
  await space.remove('Service', 'orders-invoker');
  await space.apply(ordersBinding({}, 'during'));
  proxy.heal();
  await vi.waitFor(async () => {
    expect(await replicasOf('Deployment', 'echo-function')).toBe(3);
    expect(await space.children()).toEqual(
      expect.arrayContaining(['Service/orders-invoker', 'StatefulSet/during-invoker']),
    );
  }, afterCut);
  expect((await fetch(`http://127.0.0.1:${operator.port}/livez`)).status).toBe(200);
});

test('writes that a cut interrupts are made afterwards', async () => {
  const operator = await start();
  await settle();
  await space.apply(echoFunction({ scaling: { minReplicas: 2, maxReplicas: 3 } }));
  proxy.cut();
  await vi.waitFor(
    () => expect(operator.log.some(({ msg }) => msg.startsWith('a list or watch failed'))).toBe(true),
    soon,
  );
  proxy.heal();
  await vi.waitFor(async () => expect(await replicasOf('Deployment', 'echo-function')).toBe(2), afterCut);
});

test.each(['stop', 'kill'] as const)(
  'after %s and a new start nothing is changed, replicas least of all',
  async (end) => {
    const first = await start();
    await settle();
    // The status, too, has to say what the children were made for.
    await vi.waitFor(async () => {
      const conditions = (await space.get('StreamBinding', 'orders')).status.conditions as Seen[];
      expect(conditions.find(({ type }) => type === 'Active')).toMatchObject({ status: 'True' });
      expect(conditions.find(({ type }) => type === 'SourceReachable')).toMatchObject({ reason: 'SampleFailed' });
    }, soon);
    await first[end]();
    const kinds = [
      'EventFunction',
      'StreamBinding',
      'Deployment',
      'StatefulSet',
      'ConfigMap',
      'Service',
      'Role',
      'RoleBinding',
      'ServiceAccount',
    ] as const;
    const versions = async (): Promise<string[]> =>
      (await Promise.all(kinds.map((kind) => space.list(kind))))
        .flat()
        .map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)
        .sort();
    const before = await versions();
    const second = await start();
    await vi.waitFor(() => {
      const applied = second.log.filter(({ msg }) => msg === 'applied').map(({ kind, name }) => `${kind}/${name}`);
      expect(applied).toEqual(
        expect.arrayContaining(['Deployment/echo-function', 'StatefulSet/orders-invoker', 'Deployment/headrace-scout']),
      );
    }, soon);
    expect(await versions()).toEqual(before);
  },
);

test('started while the API server is away: alive, not ready, and at work as soon as it is back', async () => {
  await space.apply(echoFunction());
  proxy.cut();
  const starting = start();
  await vi.waitFor(() => expect(proxy.accepted).toBeGreaterThan(20), soon);
  proxy.heal();
  await starting;
  await vi.waitFor(async () => expect(await replicasOf('Deployment', 'echo-function')).toBe(1), afterCut);
});

test('a child that the cluster refuses: said with the server’s reason, tried again, healed; others go on', async () => {
  const policy = `refuse-${space.name}`;
  const admission = '/apis/admissionregistration.k8s.io/v1';
  const rule = {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['services'],
  };
  await ask(api, {
    method: 'POST',
    path: `${admission}/validatingadmissionpolicies`,
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: policy },
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [
          {
            expression: "!object.metadata.name.startsWith('probe-') && object.metadata.name != 'echo-function'",
            message: 'no echo here',
          },
        ],
      },
    },
  });
  const selector = { matchLabels: { 'kubernetes.io/metadata.name': space.name } };
  await ask(api, {
    method: 'POST',
    path: `${admission}/validatingadmissionpolicybindings`,
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: policy },
      spec: { policyName: policy, validationActions: ['Deny'], matchResources: { namespaceSelector: selector } },
    },
  });
  await vi.waitFor(async () => {
    const probe = {
      kind: 'Service',
      metadata: { name: `probe-${crypto.randomUUID()}` },
      spec: { ports: [{ port: 80 }] },
    };
    await expect(space.apply(probe)).rejects.toThrow('no echo here');
  }, soon);
  await start();
  await space.apply(echoFunction());
  await space.apply(ordersBinding());
  await vi.waitFor(async () => {
    const conditions = (await space.get('EventFunction', 'echo')).status?.conditions as Seen[];
    const found = (type: string): Seen | undefined => conditions?.find((condition: Seen) => condition.type === type);
    expect(found('Ready')).toMatchObject({ status: 'False', reason: 'ChildRefused' });
    expect(found('Ready')?.message).toContain('no echo here');
    expect(found('Stalled')).toMatchObject({ status: 'True', reason: 'ChildRefused' });
    expect(await space.children()).toContain('StatefulSet/orders-invoker');
  }, soon);
  await ask(api, { method: 'DELETE', path: `${admission}/validatingadmissionpolicybindings/${policy}` });
  await ask(api, { method: 'DELETE', path: `${admission}/validatingadmissionpolicies/${policy}` });
  await vi.waitFor(
    async () => {
      expect(await replicasOf('Deployment', 'echo-function')).toBe(1);
      const conditions = (await space.get('EventFunction', 'echo')).status.conditions as Seen[];
      expect(conditions.find((condition) => condition.type === 'Stalled')).toMatchObject({ status: 'False' });
    },
    { timeout: 30_000 },
  );
});
