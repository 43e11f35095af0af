/** What a test sees of a list-watch: its changes, deletions, errors and syncs, in order. */
import type { KubeApi } from './kube-api.ts';
import { type KubeObject, type ListWatch, type ListWatchOptions, startListWatch } from './list-watch.ts';

/** How soon a change has to arrive. */
export const withinMs = 5_000;

export interface Seen {
  readonly changed: KubeObject[];
  readonly deleted: KubeObject[];
  readonly errors: Error[];
  syncs: number;
}

export interface Witness {
  readonly seen: Seen;
  readonly of: ListWatch<KubeObject>;
}

export const newSeen = (): Seen => ({ changed: [], deleted: [], errors: [], syncs: 0 });
export const namesOf = (objects: readonly KubeObject[]): string[] => objects.map(({ metadata }) => metadata.name);

export function witness(api: KubeApi, options: ListWatchOptions): Witness {
  const seen = newSeen();
  const of = startListWatch<KubeObject>(api, options, {
    onChanged: (object) => seen.changed.push(object),
    onDeleted: (object) => seen.deleted.push(object),
    onSynced: () => {
      seen.syncs += 1;
    },
    onError: (error) => seen.errors.push(error),
  });
  return { seen, of };
}
