/** The API server is away: an invoker goes on with the endpoints that it knows, also when one of them dies meanwhile. */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { kafkaRoom } from '#kafka/index.ts';
import { startFaultProxy } from '#kube/fault-proxy.ts';
import { closeApi } from '#kube/kube-api.ts';
import { kubeconfigApi } from '#kube/kubeconfig.ts';
import { ask, makeNamespace } from '#kube/test-requests.ts';
import { eventually } from '../../../../../e2e/then/eventually.ts';
import { readConfig } from '../../config.ts';
import { watchEndpoints } from '../endpoints.ts';
import { Invoker } from '../invoker.ts';
import { createLog } from '../log.ts';
import { stage } from './stage.ts';

const on = stage();
const namespace = `invoker-${crypto.randomUUID().slice(0, 8)}`;
const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;

const slice = (...addresses: string[]) => ({
  metadata: { name: 'f-1', labels: { 'kubernetes.io/service-name': 'f' } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080 }],
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
});

it('D1 P3: calls go on in order, without a failed attempt on those that live; the list is taken up again afterwards', async () => {
  const direct = kubeconfigApi(inject('kubeconfigPath'));
  on.after(() => closeApi(direct));
  await makeNamespace(direct, namespace);
  const { hostname, port } = new URL(direct.url);
  const proxy = await startFaultProxy({ host: hostname, port: Number(port) });
  on.after(() => proxy.close());
  const proxied = { ...direct, url: `https://127.0.0.1:${proxy.port}` };
  on.after(() => closeApi(proxied));
  const [a, b] = [await on.server(), await on.server()];
  // Slices do not take addresses of the loopback.
  const real = new Map([
    ['198.18.0.1:8080', a.endpoint],
    ['198.18.0.2:8080', b.endpoint],
  ]);
  await ask(direct, { method: 'POST', path, body: slice('198.18.0.1', '198.18.0.2') });

  const scene = await on.scene({ endpoints: [] });
  const contractFile = join(tmpdir(), `headrace-${namespace}.json`);
  writeFileSync(contractFile, JSON.stringify(scene.contract));
  on.after(async () => rmSync(contractFile));
  const podName = `${scene.contract.binding.name}-invoker-0`;
  const sessions = { HEADRACE_SESSION_TIMEOUT_MS: '6000', HEADRACE_HEARTBEAT_INTERVAL_MS: '200' };
  const config = readConfig({ POD_NAME: podName, HEADRACE_CONTRACT: contractFile, ...sessions });
  const invoker = new Invoker(config, kafkaRoom, createLog('silent', scene.contract, podName), () => undefined);
  on.after(() => invoker.end());
  invoker.attendance.place(1);
  let errors = 0;
  const stop = watchEndpoints(proxied, namespace, 'f', {
    onChanged: (endpoints) => invoker.pods.setEndpoints(endpoints.map((endpoint) => real.get(endpoint)!)),
    onError: () => {
      errors += 1;
    },
  });
  on.after(async () => stop());

  await scene.send(0, 200);
  await scene.untilOut(200);
  expect([a, b].map(({ calls }) => new Set(calls.map(({ partition }) => partition)).size)).toEqual([2, 2]);

  proxy.cut();
  const until = (what: string, holds: () => boolean): Promise<boolean> =>
    eventually(what, { withinMs: 20_000, everyMs: 10 }, async () => holds(), Boolean);
  await until('the watch is broken', () => errors > 0);
  await scene.send(200, 400);
  await scene.untilOut(600);
  expect([...a.calls, ...b.calls].filter(({ attempt }) => attempt > 1)).toEqual([]);

  // The list cannot tell that this one is gone.
  await b.stop();
  await scene.send(600, 400);
  await scene.untilOut(1000);
  expect(scene.verdict(1000)).toEqual({ lost: [], repeated: 0, swapped: [] });
  expect(invoker.pods.count).toBe(2);

  await ask(direct, { method: 'PUT', path: `${path}/f-1`, body: slice('198.18.0.1') });
  proxy.heal();
  await until('the list is known again', () => invoker.pods.count === 1);
  await scene.send(1000, 100);
  await scene.untilOut(1100);
});
