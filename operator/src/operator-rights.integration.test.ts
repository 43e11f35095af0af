// The operator with the chart's own role and nothing more: it does its whole work, and no Secret is within its reach.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { getJson } from '#kube/kube-api.ts';
import { kubeconfigApi } from '#kube/kubeconfig.ts';
import type { KubeApi } from '#kube/list-watch.ts';
import { ask } from '#kube/test-requests.ts';
import { tool } from '../../e2e/cluster/tools.ts';
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
const scratch = mkdtempSync(join(tmpdir(), 'headrace-rights-'));
let admin: KubeApi;
let own: KubeApi;
let space: TestNamespace;
let operator: OperatorProcess;

beforeAll(async () => {
  admin = kubeconfigApi(inject('kubeconfigPath'));
  await installDefinitions(admin);
  space = await testNamespace(admin);
  const account = await installRole();
  const path = `/api/v1/namespaces/${space.name}/serviceaccounts/${account}/token`;
  const { status } = await ask<Seen>(admin, { method: 'POST', path, body: { spec: { expirationSeconds: 3_600 } } });
  const kubeconfigPath = writeKubeconfig(status.token);
  own = kubeconfigApi(kubeconfigPath);
  operator = await startOperatorProcess({ kubeconfigPath, namespaces: [space.name] });
});
afterAll(async () => {
  await operator.stop();
  rmSync(scratch, { recursive: true });
});

/** Service account, cluster role and binding as the chart makes them, under names of this test. Says the account's name. */
async function installRole(): Promise<string> {
  const chart = fileURLToPath(new URL('../../charts/headrace', import.meta.url));
  const set = ['--set', 'crds.enabled=false'];
  const text = execFileSync(await tool('helm'), ['template', space.name, chart, '-n', space.name, ...set], {
    encoding: 'utf8',
  });
  const objects = (loadAll(text) as (Seen | null)[]).filter((object) => object !== null);
  const rename = (name: string): string => `${name}-${space.name}`;
  const the = (kind: string): Seen =>
    objects.find((object) => object.kind === kind) ?? expect.fail(`no ${kind} in the chart`);
  const account = the('ServiceAccount');
  await ask(admin, {
    method: 'POST',
    path: `/api/v1/namespaces/${space.name}/serviceaccounts`,
    body: { ...account, metadata: { name: account.metadata.name } },
  });
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const role = the('ClusterRole');
  const name = rename(role.metadata.name);
  await ask(admin, { method: 'POST', path: `${rbac}/clusterroles`, body: { ...role, metadata: { name } } });
  const binding = the('ClusterRoleBinding');
  const body = { ...binding, metadata: { name }, roleRef: { ...binding.roleRef, name } };
  await ask(admin, { method: 'POST', path: `${rbac}/clusterrolebindings`, body });
  return account.metadata.name;
}

function writeKubeconfig(token: string): string {
  const path = join(scratch, 'kubeconfig');
  const cluster = {
    server: admin.url,
    'certificate-authority-data': Buffer.from(admin.caPem ?? '').toString('base64'),
  };
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

test('functions and bindings get all their children, status and Events', async () => {
  await space.apply(ordersBinding());
  await vi.waitFor(async () => expect((await space.list('Event')).length).toBeGreaterThan(0), soon);
  await space.apply(echoFunction());
  await vi.waitFor(async () => {
    expect(await space.children()).toEqual(
      expect.arrayContaining(['Deployment/echo-function', 'RoleBinding/orders-invoker', 'StatefulSet/orders-invoker']),
    );
    expect((await space.get('EventFunction', 'echo')).status?.conditions).toBeDefined();
  }, soon);
});

test('a child comes back, an old contract and the scout are removed', async () => {
  await space.remove('Service', 'echo-function');
  await space.apply(ordersBinding({ batch: { maxRecords: 7 } }));
  await vi.waitFor(async () => {
    const children = await space.children();
    expect(children).toContain('Service/echo-function');
    expect(children.filter((child) => child.startsWith('ConfigMap/orders-contract-'))).toHaveLength(1);
  }, soon);
  await space.remove('StreamBinding', 'orders');
  await vi.waitFor(async () => expect(await space.children()).not.toContain('Deployment/headrace-scout'), soon);
});

test('nothing was forbidden to it, and Secrets are', async () => {
  const forbidden = operator.log.filter((line) => JSON.stringify(line).includes('orbidden'));
  expect(forbidden).toEqual([]);
  for (const path of [`/api/v1/namespaces/${space.name}/secrets`, '/api/v1/secrets']) {
    await expect(getJson(own, path)).rejects.toMatchObject({ status: 403 });
  }
});
