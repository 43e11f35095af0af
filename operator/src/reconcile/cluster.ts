/** What is known of the cluster: list-watches of our two kinds, of their children, and of the ConfigMaps that functions name. */

import type { ConfigMap, Deployment, ObjectMeta, Pod, StatefulSet } from '#api/kubernetes.ts';
import { labels, managedByValue } from '#api/names.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import {
  type KubeApi,
  type KubeObject,
  type ListWatch,
  type ListWatchOptions,
  startListWatch,
} from '#kube/list-watch.ts';
import { collectionPath, type ResourceKind } from '../clients/resources.ts';
import { ObjectCache, type ReadCache } from './object-cache.ts';
import { type SourceConfigMaps, startSourceConfigMaps } from './source-config-maps.ts';

/** Any of our children. */
export interface Child {
  readonly metadata: ObjectMeta;
}

export interface Cluster {
  readonly functions: ReadCache<EventFunction>;
  readonly bindings: ReadCache<StreamBinding>;
  readonly deployments: ReadCache<Deployment>;
  readonly statefulSets: ReadCache<StatefulSet>;
  readonly configMaps: ReadCache<ConfigMap>;
  readonly pods: ReadCache<Pod>;
  /** By kind: Service, ServiceAccount, Role, RoleBinding and those above that are children. */
  readonly children: ReadonlyMap<string, ReadCache<Child>>;
  readonly sources: SourceConfigMaps;
  /** Every first list is complete. */
  readonly synced: Promise<void>;
  stop(): void;
}

/** One change of one object. `before`: what was known of it, absent when it is new. */
export interface Change {
  readonly kind: ResourceKind;
  readonly what: 'changed' | 'deleted';
  readonly object: Child;
  readonly before?: Child;
}

export interface ClusterOptions {
  readonly api: KubeApi;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly onChange: (change: Change) => void;
  readonly onError: (kind: ResourceKind, error: Error) => void;
  readonly watch?: Pick<ListWatchOptions, 'silenceMs' | 'maxBackoffMs'>;
}

const childKinds = [
  'Deployment',
  'StatefulSet',
  'ConfigMap',
  'Service',
  'ServiceAccount',
  'Role',
  'RoleBinding',
] as const;
const ours = `${labels.managedBy}=${managedByValue}`;

export function startCluster(options: ClusterOptions): Cluster {
  const running: ListWatch<KubeObject>[] = [];
  const watch = <T extends Child>(kind: ResourceKind, labelSelector?: string): ObjectCache<T> => {
    const cache = new ObjectCache<T>();
    const namespaces = options.namespaces.length === 0 ? [undefined] : options.namespaces;
    for (const namespace of namespaces) running.push(follow(options, kind, namespace, labelSelector, cache));
    return cache;
  };
  const functions = watch<EventFunction>('EventFunction');
  const bindings = watch<StreamBinding>('StreamBinding');
  const children = new Map<string, ObjectCache<Child>>(childKinds.map((kind) => [kind, watch<Child>(kind, ours)]));
  const pods = watch<Pod>('Pod', ours);
  const sources = startSourceConfigMaps(options);
  return {
    functions,
    bindings,
    deployments: children.get('Deployment') as ReadCache<Deployment>,
    statefulSets: children.get('StatefulSet') as ReadCache<StatefulSet>,
    configMaps: children.get('ConfigMap') as ReadCache<ConfigMap>,
    pods,
    children,
    sources,
    synced: Promise.all(running.map(({ synced }) => synced)).then(() => undefined),
    stop() {
      for (const listWatch of running) listWatch.stop();
      sources.stop();
    },
  };
}

function follow<T extends Child>(
  options: ClusterOptions,
  kind: ResourceKind,
  namespace: string | undefined,
  labelSelector: string | undefined,
  cache: ObjectCache<T>,
): ListWatch<KubeObject> {
  const path = collectionPath(kind, namespace);
  const listOptions = { ...options.watch, path, ...(labelSelector === undefined ? {} : { labelSelector }) };
  return startListWatch<KubeObject>(options.api, listOptions, {
    onChanged(raw) {
      const object = raw as unknown as T;
      const before = cache.get(object.metadata.namespace, object.metadata.name);
      cache.put(object);
      options.onChange({ kind, what: 'changed', object, ...(before === undefined ? {} : { before }) });
    },
    onDeleted(raw) {
      const object = raw as unknown as T;
      cache.remove(object);
      options.onChange({ kind, what: 'deleted', object });
    },
    onSynced: () => undefined,
    onError: (error) => options.onError(kind, error),
  });
}
