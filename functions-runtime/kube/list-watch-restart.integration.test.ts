// The list-watch while the API server itself crashes, comes back, or freezes: nothing is missed, the process goes on.
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type ApiServer, startApiServer } from '../../e2e/cluster/apiserver.ts';
import { closeApi, type KubeApi } from './kube-api.ts';
import { kubeconfigApi } from './kubeconfig.ts';
import { ask, makeNamespace } from './test-requests.ts';
import { namesOf, type Witness, withinMs, witness } from './witness.ts';

let server: ApiServer;
let api: KubeApi;
let watching: Witness | undefined;
const path = '/api/v1/namespaces/things/configmaps';

beforeAll(async () => {
  server = await startApiServer();
  api = kubeconfigApi(server.kubeconfigPath);
  await makeNamespace(api, 'things');
});
afterEach(() => watching?.of.stop());
afterAll(async () => {
  await closeApi(api);
  await server.dispose();
});

const make = (name: string): Promise<unknown> => ask(api, { method: 'POST', path, body: { metadata: { name } } });

test('a crash and a new start of the API server: what changes afterwards arrives, nothing is told twice', async () => {
  await make('before');
  const { seen, of } = witness(api, { path });
  watching = { seen, of };
  await of.synced;
  await server.kill();
  await vi.waitFor(() => expect(seen.errors.length).toBeGreaterThan(0), withinMs);
  expect([...of.objects.keys()]).toEqual(['things/before']);
  await server.restart();
  await make('after');
  await vi.waitFor(() => expect(namesOf(seen.changed)).toEqual(['before', 'after']), withinMs);
  expect(seen.deleted).toEqual([]);
});

test('an API server that freezes and goes on: the silence is noticed, what was known is kept', async () => {
  const { seen, of } = witness(api, { path, silenceMs: 2_000 });
  watching = { seen, of };
  await of.synced;
  await server.pause();
  await vi.waitFor(() => expect(seen.errors.length).toBeGreaterThan(1), 20_000);
  expect(of.objects.size).toBe(2);
  server.resume();
  await make('thawed');
  await vi.waitFor(() => expect(namesOf(seen.changed)).toEqual(['after', 'before', 'thawed']), withinMs);
});
