/** What an invoker watches in Kubernetes, on a real API server: its function's endpoints and its placement, also while the server is away. */
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { placementConfigMap, type Wish } from '#contract/invoker-contract.ts';
import { type FaultProxy, startFaultProxy } from '#kube/fault-proxy.ts';
import { closeApi, type KubeApi } from '#kube/kube-api.ts';
import { kubeconfigApi } from '#kube/kubeconfig.ts';
import { ask, makeNamespace } from '#kube/test-requests.ts';
import { watchEndpoints } from '../endpoints.ts';
import { watchPlacement } from '../placement.ts';

const namespace = `invoker-${crypto.randomUUID().slice(0, 8)}`;
const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
let direct: KubeApi;
let proxied: KubeApi;
let proxy: FaultProxy;
const stops: (() => void)[] = [];

beforeAll(async () => {
  direct = kubeconfigApi(inject('kubeconfigPath'));
  await makeNamespace(direct, namespace);
  const { hostname, port } = new URL(direct.url);
  proxy = await startFaultProxy({ host: hostname, port: Number(port) });
  proxied = { ...direct, url: `https://127.0.0.1:${proxy.port}` };
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
afterAll(async () => {
  await proxy.close();
  await Promise.all([closeApi(direct), closeApi(proxied)]);
});

const slice = (name: string, ready: Readonly<Record<string, boolean>>, service = 'f') => ({
  metadata: { name, labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080 }],
  endpoints: Object.entries(ready).map(([address, isReady]) => ({
    addresses: [address],
    conditions: { ready: isReady },
  })),
});
const put = (path: string, body: { metadata: { name: string } }): Promise<unknown> =>
  ask(direct, { method: 'PUT', path: `${path}/${body.metadata.name}`, body });

describe('endpoints', () => {
  it('follow the slices of the service, and only of it; the last known stay while the server is away', async () => {
    await ask(direct, {
      method: 'POST',
      path: slices,
      body: slice('f-1', { '198.18.0.1': true, '198.18.0.2': false }),
    });
    await ask(direct, { method: 'POST', path: slices, body: slice('g-1', { '198.18.0.9': true }, 'g') });
    const seen: string[][] = [];
    const errors: Error[] = [];
    stops.push(
      watchEndpoints(proxied, namespace, 'f', {
        onChanged: (endpoints) => void seen.push([...endpoints]),
        onError: (error) => void errors.push(error),
      }),
    );
    await vi.waitFor(() => expect(seen).toEqual([['198.18.0.1:8080']]), 5000);
    await put(slices, slice('f-1', { '198.18.0.1': true, '198.18.0.2': true }));
    await vi.waitFor(() => expect(seen.at(-1)).toEqual(['198.18.0.1:8080', '198.18.0.2:8080']), 5000);
    proxy.cut();
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0), 10_000);
    await put(slices, slice('f-1', { '198.18.0.2': true }));
    expect(seen.length).toBe(2);
    proxy.heal();
    await vi.waitFor(() => expect(seen.at(-1)).toEqual(['198.18.0.2:8080']), 10_000);
    await ask(direct, { method: 'DELETE', path: `${slices}/f-1` });
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([]), 5000);
  });

  it('while none is ready, who starts and says itself that it takes calls is one; the word of the kubelet changes nothing then', async () => {
    const seen: string[][] = [];
    const asked: string[] = [];
    const says = new Set<string>();
    stops.push(
      watchEndpoints(
        direct,
        namespace,
        'early',
        { onChanged: (endpoints) => void seen.push([...endpoints]), onError: () => undefined },
        async (endpoint) => {
          asked.push(endpoint);
          return says.has(endpoint);
        },
      ),
    );
    await ask(direct, { method: 'POST', path: slices, body: slice('early-1', { '198.18.0.3': false }, 'early') });
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(2), 5000);
    expect(seen).toEqual([]);
    says.add('198.18.0.3:8080');
    await vi.waitFor(() => expect(seen).toEqual([['198.18.0.3:8080']]), 5000);
    await put(slices, slice('early-1', { '198.18.0.3': true, '198.18.0.4': false }, 'early'));
    await put(slices, slice('early-1', { '198.18.0.3': true, '198.18.0.4': true }, 'early'));
    await vi.waitFor(() => expect(seen.length).toBe(2), 5000);
    expect(seen.at(-1)).toEqual(['198.18.0.3:8080', '198.18.0.4:8080']);
    expect(asked).not.toContain('198.18.0.4:8080');
  });
});

describe('placement', () => {
  it('is told at first and when it changes; a broken or deleted one moves nobody', async () => {
    const name = placementConfigMap('orders');
    const placement = (data: Readonly<Record<string, string>>) => ({ metadata: { name }, data });
    await ask(direct, { method: 'POST', path: configMaps, body: placement({ invokers: '2' }) });
    const seen: number[] = [];
    const errors: string[] = [];
    stops.push(
      watchPlacement(direct, namespace, name, {
        onPlacement: (invokers) => void seen.push(invokers),
        onWishes: () => undefined,
        onError: ({ message }) => void errors.push(message),
      }),
    );
    await vi.waitFor(() => expect(seen).toEqual([2]), 5000);
    await put(configMaps, placement({ invokers: 'many' }));
    await vi.waitFor(() => expect(errors.at(-1)).toContain('"many"'), 5000);
    await put(configMaps, placement({ invokers: '1' }));
    await vi.waitFor(() => expect(seen).toEqual([2, 1]), 5000);
    await ask(direct, { method: 'DELETE', path: `${configMaps}/${name}` });
    await vi.waitFor(() => expect(errors.at(-1)).toContain('its last number holds'), 5000);
    expect(seen).toEqual([2, 1]);
  });

  it('brings what is wished for single records; a list that is broken, or gone, wishes nothing', async () => {
    const name = placementConfigMap('wishing');
    const placement = (data: Readonly<Record<string, string>>) => ({ metadata: { name }, data });
    await ask(direct, { method: 'POST', path: configMaps, body: placement({ invokers: '2', skip: '3:1042, 5:7' }) });
    const seen: (readonly Wish[])[] = [];
    const errors: string[] = [];
    stops.push(
      watchPlacement(direct, namespace, name, {
        onPlacement: () => undefined,
        onWishes: (wishes) => void seen.push(wishes),
        onError: ({ message }) => void errors.push(message),
      }),
    );
    const skip = (partition: number, offset: number): Wish => ({ what: 'skip', partition, offset });
    await vi.waitFor(() => expect(seen).toEqual([[skip(3, 1042), skip(5, 7)]]), 5000);
    await put(configMaps, placement({ invokers: '2', skip: '5', retry: '1:0' }));
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([{ what: 'retry', partition: 1, offset: 0 }]), 5000);
    expect(errors).toEqual([expect.stringContaining('skip is "5": give partition:offset')]);
    await put(configMaps, placement({ invokers: '2' }));
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([]), 5000);
  });
});
