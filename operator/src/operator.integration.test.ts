// The operator as a process against a real API server: children appear, come back, follow the spec, and go.
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { kubeconfigApi } from '#kube/kubeconfig.ts';
import type { KubeApi } from '#kube/list-watch.ts';
import { type OperatorProcess, startOperatorProcess } from './operator-process.ts';
import {
  echoFunction,
  installDefinitions,
  ordersBinding,
  type Seen,
  type TestNamespace,
  testNamespace,
} from './test-namespace.ts';

const soon = { timeout: 10_000, interval: 50 };
let api: KubeApi;
let operator: OperatorProcess;
let space: TestNamespace;
const hashless = (child: string): string => child.replace(/-[0-9a-f]{10}$/, '-<hash>');
const conditionOf = (object: Seen, type: string): Seen | undefined =>
  object.status?.conditions?.find((condition: { type: string }) => condition.type === type);

beforeAll(async () => {
  api = kubeconfigApi(inject('kubeconfigPath'));
  await installDefinitions(api);
  space = await testNamespace(api);
  operator = await startOperatorProcess({ kubeconfigPath: inject('kubeconfigPath'), namespaces: [space.name] });
});
afterAll(async () => {
  expect(await operator.stop()).toBe(0);
  expect(operator.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});

test('a binding that comes before its function says so, and heals when the function comes', async () => {
  await space.apply(ordersBinding());
  await vi.waitFor(async () => {
    const binding = await space.get('StreamBinding', 'orders');
    expect(conditionOf(binding, 'Ready')).toMatchObject({ status: 'False', reason: 'FunctionMissing' });
    expect(binding.status.observedGeneration).toBe(binding.metadata.generation);
  }, soon);
  await space.apply(echoFunction());
  await vi.waitFor(async () => {
    const binding = await space.get('StreamBinding', 'orders');
    expect(conditionOf(binding, 'Ready')?.reason).not.toBe('FunctionMissing');
  }, soon);
});

test('all children are there, owned, and the scout without an owner', async () => {
  await vi.waitFor(async () => {
    expect((await space.children()).map(hashless)).toEqual([
      'ConfigMap/echo-callers',
      'ConfigMap/echo-code-<hash>',
      'ConfigMap/orders-contract-<hash>',
      'ConfigMap/orders-placement',
      'Deployment/echo-function',
      'Deployment/headrace-scout',
      'Role/orders-invoker',
      'RoleBinding/orders-invoker',
      'Service/echo-function',
      'Service/headrace-scout',
      'Service/orders-invoker',
      'ServiceAccount/orders-invoker',
      'StatefulSet/orders-invoker',
    ]);
  }, soon);
  const fn = await space.get('EventFunction', 'echo');
  const binding = await space.get('StreamBinding', 'orders');
  const ownerOf = async (kind: 'Deployment' | 'StatefulSet' | 'Role', name: string) =>
    (await space.get(kind, name)).metadata.ownerReferences;
  expect(await ownerOf('Deployment', 'echo-function')).toMatchObject([{ uid: fn.metadata.uid, controller: true }]);
  expect(await ownerOf('StatefulSet', 'orders-invoker')).toMatchObject([{ uid: binding.metadata.uid }]);
  expect(await ownerOf('Role', 'orders-invoker')).toMatchObject([{ uid: binding.metadata.uid }]);
  expect(await ownerOf('Deployment', 'headrace-scout')).toBeUndefined();
  expect((await space.get('Deployment', 'echo-function')).spec.replicas).toBe(1);
});

test('the status of a function says what is wanted and what there is', async () => {
  await vi.waitFor(async () => {
    const fn = await space.get('EventFunction', 'echo');
    expect(fn.status).toMatchObject({ observedGeneration: fn.metadata.generation, replicas: 0, desiredReplicas: 1 });
    expect(conditionOf(fn, 'Ready')).toMatchObject({ status: 'False' });
    expect(conditionOf(fn, 'Reconciling')).toMatchObject({ status: 'True' });
  }, soon);
});

test('no invokers before positions are committed, the wanted number afterwards', async () => {
  expect((await space.get('StatefulSet', 'orders-invoker')).spec.replicas).toBe(0);
  expect((await space.get('ConfigMap', 'orders-placement')).data).toEqual({ invokers: '0' });
  // As if the scout had committed them: no broker is here.
  await space.patch('StreamBinding', 'orders', { status: { topicId: 'dG9waWM' } }, 'status');
  await vi.waitFor(async () => {
    expect((await space.get('ConfigMap', 'orders-placement')).data).toEqual({ invokers: '2' });
    expect((await space.get('StatefulSet', 'orders-invoker')).spec.replicas).toBe(2);
  }, soon);
});

describe('what was changed or deleted by hand', () => {
  test.each([
    ['Deployment', 'echo-function'],
    ['Service', 'echo-function'],
    ['StatefulSet', 'orders-invoker'],
    ['ServiceAccount', 'orders-invoker'],
    ['Role', 'orders-invoker'],
    ['RoleBinding', 'orders-invoker'],
    ['ConfigMap', 'orders-placement'],
    ['Deployment', 'headrace-scout'],
    ['Service', 'headrace-scout'],
  ] as const)('%s %s comes back', async (kind, name) => {
    const before = await space.get(kind, name);
    await space.remove(kind, name);
    await vi.waitFor(async () => {
      const after = await space.get(kind, name);
      expect(after.metadata.uid).not.toBe(before.metadata.uid);
      expect(after.spec?.replicas).toBe(before.spec?.replicas);
    }, soon);
  });

  test('replicas, a field of a role and a lost label are put right', async () => {
    await space.patch('Deployment', 'echo-function', { spec: { replicas: 7 } });
    await space.patch('Role', 'orders-invoker', { rules: [] });
    await space.patch('Service', 'echo-function', { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } });
    await vi.waitFor(async () => {
      expect((await space.get('Deployment', 'echo-function')).spec.replicas).toBe(1);
      expect((await space.get('Role', 'orders-invoker')).rules).not.toEqual([]);
      expect((await space.get('Service', 'echo-function')).metadata.labels).toHaveProperty(
        ['app.kubernetes.io/managed-by'],
        'headrace',
      );
    }, soon);
  });
});

describe('a changed spec', () => {
  const contractOf = async (): Promise<{ name: string; contract: Seen }> => {
    const { volumes } = (await space.get('StatefulSet', 'orders-invoker')).spec.template.spec;
    const name = volumes.find((volume: Seen) => volume.name === 'contract').configMap.name as string;
    return { name, contract: JSON.parse((await space.get('ConfigMap', name)).data['contract.json']) };
  };

  test('of a binding: a new contract is mounted, the old one goes', async () => {
    const before = await contractOf();
    await space.apply(ordersBinding({ batch: { maxRecords: 7 } }));
    await vi.waitFor(async () => {
      const after = await contractOf();
      expect(after.contract.batch.maxRecords).toBe(7);
      expect(await space.children()).not.toContain(`ConfigMap/${before.name}`);
    }, soon);
  });

  test('of a function: its bindings get a new contract too', async () => {
    await space.apply(echoFunction({ timeout: '7s' }));
    await vi.waitFor(async () => expect((await contractOf()).contract.function.timeoutMs).toBe(7_000), soon);
  });
});

test('code from a ConfigMap: missing is said, its arrival and its change are noticed', async () => {
  const name = 'from-map';
  const code = { configMapRef: { name: 'user-code' } };
  await space.apply({
    kind: 'EventFunction',
    metadata: { name },
    spec: { runtime: 'node26', code, handler: 'main.go' },
  });
  await vi.waitFor(async () => {
    expect(conditionOf(await space.get('EventFunction', name), 'Ready')).toMatchObject({ reason: 'CodeMissing' });
  }, soon);
  const source = (text: string) => ({ kind: 'ConfigMap', metadata: { name: 'user-code' }, data: { 'main.mjs': text } });
  await space.apply(source('export const go = () => 1;'));
  const revision = async (): Promise<unknown> => (await space.get('EventFunction', name)).status?.revision;
  await vi.waitFor(async () => expect(await revision()).toBeDefined(), soon);
  const first = await revision();
  await space.apply(source('export const go = () => 2;'));
  await vi.waitFor(async () => expect(await revision()).not.toBe(first), soon);
});

test('when all is said, nothing is written any more', async () => {
  const versions = async (): Promise<string[]> => {
    const kinds = ['Deployment', 'StatefulSet', 'ConfigMap', 'Role', 'EventFunction', 'StreamBinding'] as const;
    const objects = (await Promise.all(kinds.map((kind) => space.list(kind)))).flat();
    return objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();
  };
  const writes = (): number => operator.log.filter(({ msg }) => msg === 'applied' || msg === 'status written').length;
  const quietForMs = 3_000;
  let last = { writes: -1, atMs: 0 };
  await vi.waitFor(
    () => {
      if (writes() !== last.writes) last = { writes: writes(), atMs: Date.now() };
      expect(Date.now() - last.atMs).toBeGreaterThan(quietForMs);
    },
    { timeout: 30_000, interval: 50 },
  );
  const before = await versions();
  await vi.waitFor(() => expect(Date.now() - last.atMs).toBeGreaterThan(2 * quietForMs), { timeout: 10_000 });
  expect(await versions()).toEqual(before);
});

test('Events tell what changed, and the metrics what was done', async () => {
  await vi.waitFor(async () => {
    const reasons = new Set((await space.list('Event')).map(({ reason }) => reason as string));
    expect([...reasons]).toEqual(expect.arrayContaining(['FunctionMissing', 'CodeMissing']));
  }, soon);
  const metrics = await (await fetch(`http://127.0.0.1:${operator.port}/metrics`)).text();
  expect(metrics).toMatch(/headrace_operator_writes_total\{verb="apply",kind="StatefulSet",outcome="ok"\} \d+/);
  expect((await fetch(`http://127.0.0.1:${operator.port}/readyz`)).status).toBe(200);
});

test('with the last binding the scout goes; the other children go by their owner', async () => {
  await space.remove('StreamBinding', 'orders');
  await vi.waitFor(async () => {
    const children = await space.children();
    expect(children.filter((child) => child.endsWith('/headrace-scout'))).toEqual([]);
    // No garbage collector runs here: they stay, and nobody makes them anew once they are gone.
    expect(children).toContain('StatefulSet/orders-invoker');
  }, soon);
  await space.remove('StatefulSet', 'orders-invoker');
  // Whatever the removal set off was done before this later one.
  await space.apply(ordersBinding({}, 'later'));
  await vi.waitFor(async () => expect(await space.children()).toContain('StatefulSet/later-invoker'), soon);
  expect(await space.children()).not.toContain('StatefulSet/orders-invoker');
});
