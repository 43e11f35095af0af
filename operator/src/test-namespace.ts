/** One namespace of a test API server with our two kinds in it: what a user does there, and what can be seen there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import type { ObjectMeta, OwnerReference } from '#api/kubernetes.ts';
import type { KubeApi } from '#kube/list-watch.ts';
import { ask, makeNamespace } from '#kube/test-requests.ts';
import { collectionPath, type ResourceKind, resources } from './clients/resources.ts';

export interface Seen {
  readonly metadata: ObjectMeta & { readonly ownerReferences?: readonly OwnerReference[] };
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any field of any kind, and fails when it is not as expected.
  readonly [field: string]: any;
}

export interface TestNamespace {
  readonly name: string;
  /** Server-side apply as a user. */
  apply(object: object): Promise<Seen>;
  patch(kind: ResourceKind, name: string, patch: object, subresource?: 'status'): Promise<Seen>;
  get(kind: ResourceKind, name: string): Promise<Seen>;
  list(kind: ResourceKind): Promise<readonly Seen[]>;
  /** `kind/name` of all objects of the kinds that we create, sorted. */
  children(): Promise<readonly string[]>;
  remove(kind: ResourceKind, name: string): Promise<void>;
}

const childKinds: readonly ResourceKind[] = [
  'ConfigMap',
  'Deployment',
  'Role',
  'RoleBinding',
  'Service',
  'ServiceAccount',
  'StatefulSet',
];

export async function testNamespace(api: KubeApi): Promise<TestNamespace> {
  const name = `op-${crypto.randomUUID().slice(0, 8)}`;
  await makeNamespace(api, name);
  const pathOf = (kind: ResourceKind, object: string): string => `${collectionPath(kind, name)}/${object}`;
  const list = async (kind: ResourceKind): Promise<readonly Seen[]> =>
    (await ask<{ items: Seen[] }>(api, { method: 'GET', path: collectionPath(kind, name) })).items;
  return {
    name,
    list,
    apply(object) {
      const { kind, metadata } = object as { kind: ResourceKind; metadata: { name: string } };
      return ask(api, {
        method: 'PATCH',
        path: `${pathOf(kind, metadata.name)}?fieldManager=user&force=true`,
        contentType: 'application/apply-patch+yaml',
        body: { apiVersion: resources[kind].apiVersion, ...object },
      });
    },
    patch: (kind, object, body, subresource) =>
      ask(api, {
        method: 'PATCH',
        path: `${pathOf(kind, object)}${subresource === undefined ? '' : `/${subresource}`}`,
        contentType: 'application/merge-patch+json',
        body,
      }),
    get: (kind, object) => ask(api, { method: 'GET', path: pathOf(kind, object) }),
    async children() {
      const found = await Promise.all(
        childKinds.map(async (kind) => (await list(kind)).map(({ metadata }) => `${kind}/${metadata.name}`)),
      );
      // The cluster itself puts this one everywhere, where its controllers run.
      return found
        .flat()
        .filter((child) => child !== 'ConfigMap/kube-root-ca.crt')
        .sort();
    },
    async remove(kind, object) {
      await ask(api, { method: 'DELETE', path: pathOf(kind, object) });
    },
  };
}

/** Our two definitions, as the chart installs them; resolves when the API server serves them. */
export async function installDefinitions(api: KubeApi): Promise<void> {
  for (const file of ['eventfunction', 'streambinding']) {
    const definition = load(readFileSync(new URL(`../../crds/${file}.yaml`, import.meta.url), 'utf8')) as Seen;
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
    await ask(api, {
      method: 'PATCH',
      path: `${path}?fieldManager=kubectl&force=true`,
      contentType: 'application/apply-patch+yaml',
      body: definition,
    });
    for (;;) {
      const { status } = await ask<Seen>(api, { method: 'GET', path });
      const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
      if (conditions.some(({ type, status: is }) => type === 'Established' && is === 'True')) break;
    }
  }
}

/** The same kubeconfig for another address, beside it. */
export function kubeconfigFor(path: string, from: string, to: string): string {
  const changed = join(dirname(path), `kubeconfig-${crypto.randomUUID().slice(0, 8)}`);
  writeFileSync(changed, readFileSync(path, 'utf8').replaceAll(from, to), { mode: 0o600 });
  return changed;
}

export const echoFunction = (more: object = {}): object => ({
  kind: 'EventFunction',
  metadata: { name: 'echo' },
  spec: {
    runtime: 'node26',
    code: { inline: 'export default async (event) => event;\n' },
    scaling: { minReplicas: 1, maxReplicas: 3 },
    ...more,
  },
});

export const ordersBinding = (more: object = {}, name = 'orders'): object => ({
  kind: 'StreamBinding',
  metadata: { name },
  spec: {
    functionRef: { name: 'echo' },
    kafka: { bootstrapServers: ['kafka.kafka.svc:9092'] },
    source: { topic: 'shop.orders' },
    scaling: { target: { lag: 1000 }, minInvokers: 2, maxInvokers: 4, idleTimeout: '60s' },
    ...more,
  },
});
