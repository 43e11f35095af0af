/** The users' ConfigMaps that functions take their code from: one small watch for each that is named, none for the others. */
import type { ConfigMap } from '#api/kubernetes.ts';
import {
  type KubeApi,
  type KubeObject,
  type ListWatch,
  type ListWatchOptions,
  startListWatch,
} from '#kube/list-watch.ts';
import { collectionPath, type ResourceKind } from '../clients/resources.ts';

export interface SourceConfigMapsOptions {
  readonly api: KubeApi;
  readonly onChange: (change: {
    readonly kind: 'ConfigMap';
    readonly what: 'changed' | 'deleted';
    readonly object: ConfigMap;
  }) => void;
  readonly onError: (kind: ResourceKind, error: Error) => void;
  readonly watch?: Pick<ListWatchOptions, 'silenceMs' | 'maxBackoffMs'>;
}

/** `unknown`: its first list is not back yet. */
export type SourceLook = ConfigMap | 'absent' | 'unknown';

export interface SourceConfigMaps {
  look(namespace: string, name: string): SourceLook;
  /** From now on exactly these are watched in this namespace. */
  want(namespace: string, names: ReadonlySet<string>): void;
  stop(): void;
}

interface Followed {
  readonly listWatch: ListWatch<KubeObject>;
  isSynced: boolean;
}

export function startSourceConfigMaps(options: SourceConfigMapsOptions): SourceConfigMaps {
  const namespaces = new Map<string, Map<string, Followed>>();
  return {
    look(namespace, name) {
      const followed = namespaces.get(namespace)?.get(name);
      if (followed === undefined || !followed.isSynced) return 'unknown';
      const object = followed.listWatch.objects.get(`${namespace}/${name}`);
      return object === undefined ? 'absent' : (object as unknown as ConfigMap);
    },
    want(namespace, names) {
      const present = namespaces.get(namespace) ?? new Map<string, Followed>();
      for (const [name, { listWatch }] of present) {
        if (names.has(name)) continue;
        listWatch.stop();
        present.delete(name);
      }
      for (const name of names) {
        if (!present.has(name)) present.set(name, follow(options, namespace, name));
      }
      if (present.size === 0) namespaces.delete(namespace);
      else namespaces.set(namespace, present);
    },
    stop() {
      for (const present of namespaces.values()) for (const { listWatch } of present.values()) listWatch.stop();
      namespaces.clear();
    },
  };
}

function follow(options: SourceConfigMapsOptions, namespace: string, name: string): Followed {
  const told = (what: 'changed' | 'deleted', object: unknown): void =>
    options.onChange({ kind: 'ConfigMap', what, object: object as ConfigMap });
  const listWatch = startListWatch<KubeObject>(
    options.api,
    { ...options.watch, path: collectionPath('ConfigMap', namespace), fieldSelector: `metadata.name=${name}` },
    {
      onChanged: (object) => told('changed', object),
      onDeleted: (object) => told('deleted', object),
      onSynced() {
        followed.isSynced = true;
      },
      onError: (error) => options.onError('ConfigMap', error),
    },
  );
  const followed: Followed = { listWatch, isSynced: false };
  return followed;
}
