// The list-watch on a real API server: every change arrives, over cuts, dead connections, a restart and an expired version.
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { closeApi, getJson, type KubeApi } from './kube-api.ts';
import { kubeconfigApi } from './kubeconfig.ts';
import { type KubeObject, type ListWatch, type ListWatchOptions, startListWatch } from './list-watch.ts';
import { ask, makeNamespace } from './test-requests.ts';
import { namesOf, newSeen, type Witness, withinMs, witness } from './witness.ts';

const running: ListWatch<KubeObject>[] = [];
afterEach(() => {
  for (const listWatch of running.splice(0)) listWatch.stop();
});

function watch(api: KubeApi, options: ListWatchOptions): Witness {
  const started = witness(api, options);
  running.push(started.of);
  return started;
}

let direct: KubeApi;
let proxy: FaultProxy;
let proxied: KubeApi;
const namespace = `lw-${crypto.randomUUID().slice(0, 8)}`;
const path = `/api/v1/namespaces/${namespace}/configmaps`;

beforeAll(async () => {
  direct = kubeconfigApi(inject('kubeconfigPath'));
  await makeNamespace(direct, namespace);
});
afterAll(() => closeApi(direct));

const behindProxy = async (): Promise<void> => {
  const { hostname, port } = new URL(direct.url);
  proxy = await startFaultProxy({ host: hostname, port: Number(port) });
  proxied = { ...direct, url: `https://127.0.0.1:${proxy.port}` };
};
const send = (method: 'POST' | 'PUT' | 'DELETE', to: string, body?: unknown): Promise<unknown> =>
  ask(direct, { method, path: to, body });
const make = (name: string, labels: Record<string, string> = {}) =>
  send('POST', path, { metadata: { name, labels }, data: { text: 'é\n' } });

test('lists in pages, then reports additions, changes and deletions, without managed fields', async () => {
  const label = { page: 'yes' };
  for (let n = 0; n < 5; n += 1) await make(`page-${n}`, label);
  const { seen, of } = watch(direct, { path: path, labelSelector: 'page=yes' });
  await of.synced;
  expect(namesOf(seen.changed)).toEqual(['page-0', 'page-1', 'page-2', 'page-3', 'page-4']);
  expect(seen.syncs).toBe(1);
  expect(seen.changed.every(({ metadata }) => metadata.managedFields === undefined)).toBe(true);
  await make('page-5', label);
  await make('other', {});
  await send('PUT', `${path}/page-0`, { metadata: { name: 'page-0', labels: label }, data: { text: 'new' } });
  await send('DELETE', `${path}/page-1`);
  await vi.waitFor(() => expect(namesOf(seen.deleted)).toEqual(['page-1']), withinMs);
  expect(namesOf(seen.changed).slice(5)).toEqual(['page-5', 'page-0']);
  expect([...of.objects.keys()].sort()).toEqual([0, 2, 3, 4, 5].map((n) => `${namespace}/page-${n}`));
  expect(seen.errors).toEqual([]);
});

test('a change, an addition and a deletion made during a cut arrive within 5 s after it', async () => {
  await behindProxy();
  await Promise.all([make('cut-changed'), make('cut-deleted')]);
  const { seen, of } = watch(proxied, { path });
  await of.synced;
  proxy.cut();
  await vi.waitFor(() => expect(seen.errors.length).toBeGreaterThan(3), 20_000);
  const before = seen.changed.length;
  await make('cut-added');
  await send('PUT', `${path}/cut-changed`, { metadata: { name: 'cut-changed' }, data: { text: 'new' } });
  await send('DELETE', `${path}/cut-deleted`);
  expect(seen.changed.length).toBe(before);
  proxy.heal();
  await vi.waitFor(() => expect(namesOf(seen.deleted)).toEqual(['cut-deleted']), withinMs);
  expect(namesOf(seen.changed).slice(before)).toEqual(['cut-added', 'cut-changed']);
  expect(of.objects.get(`${namespace}/cut-changed`)?.data).toEqual({ text: 'new' });
  await closeApi(proxied);
  await proxy.close();
});

test('a connection that died without a word is given up after the silence, and what was missed arrives', async () => {
  await behindProxy();
  const { seen, of } = watch(proxied, { path, silenceMs: 3_000 });
  await of.synced;
  await make('stall-before');
  await vi.waitFor(() => expect(namesOf(seen.changed)).toContain('stall-before'), withinMs);
  proxy.stall();
  await make('stall-during');
  proxy.heal();
  // The old connection stays dead: only a new one can bring it.
  await vi.waitFor(() => expect(namesOf(seen.changed)).toContain('stall-during'), withinMs);
  await closeApi(proxied);
  await proxy.close();
});

test('a quiet collection is no fault: the server ends the watch in time, nothing is reported, nothing listed anew', async () => {
  await behindProxy();
  const { seen, of } = watch(proxied, { path: `/api/v1/namespaces/${namespace}/services`, silenceMs: 2_000 });
  await of.synced;
  const started = Date.now();
  await vi.waitFor(() => expect(Date.now() - started).toBeGreaterThan(6_000), 10_000);
  expect(seen).toEqual({ ...newSeen(), syncs: 1 });
  await closeApi(proxied);
  await proxy.close();
});

test('handlers that throw or reject are reported, and the next change still comes', async () => {
  const errors: Error[] = [];
  const names: string[] = [];
  const listWatch = startListWatch<KubeObject>(
    direct,
    { path, labelSelector: 'bad=yes' },
    {
      onChanged(object) {
        names.push(object.metadata.name);
        if (object.metadata.name === 'bad-1') throw new Error('handler broke');
        return Promise.reject(new Error('handler rejected')) as unknown as undefined;
      },
      onDeleted: () => undefined,
      onSynced: () => undefined,
      onError(error) {
        errors.push(error);
        throw new Error('even this one');
      },
    },
  );
  running.push(listWatch);
  await listWatch.synced;
  await make('bad-1', { bad: 'yes' });
  await make('bad-2', { bad: 'yes' });
  await vi.waitFor(() => expect(names).toEqual(['bad-1', 'bad-2']), withinMs);
  await vi.waitFor(() => expect(errors.map(({ message }) => message)).toEqual(['handler broke', 'handler rejected']));
});

test('after stop no handler is called any more', async () => {
  const { seen, of } = watch(direct, { path, labelSelector: 'stop=yes' });
  const other = watch(direct, { path, labelSelector: 'stop=yes' });
  await Promise.all([of.synced, other.of.synced]);
  of.stop();
  await make('stop-1', { stop: 'yes' });
  await vi.waitFor(() => expect(namesOf(other.seen.changed)).toEqual(['stop-1']), withinMs);
  expect(seen.changed).toEqual([]);
});

test('a missing collection is reported and tried again, and the process goes on', async () => {
  const { seen } = watch(direct, { path: '/apis/nowhere.example/v1/things' });
  await vi.waitFor(() => expect(seen.errors.length).toBeGreaterThanOrEqual(2), withinMs);
  expect(seen.errors[0]?.message).toContain('404');
  expect((await getJson<{ kind: string }>(direct, '/api/v1/namespaces')).kind).toBe('NamespaceList');
});
