/** How many invokers shall own partitions, and what is wished for single records: watched in the placement ConfigMap, or in a file outside of Kubernetes. */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { parseWishes, placementKey, type Wish, wishKeys } from '#contract/invoker-contract.ts';
import type { KubeApi } from '#kube/kube-api.ts';
import { type KubeObject, startListWatch } from '#kube/list-watch.ts';

export interface PlacementHandlers {
  /** The number, at first and when it changes. */
  onPlacement(invokers: number): void;
  /** All wishes for single records, at first and when they change. */
  onWishes(wishes: readonly Wish[]): void;
  onError(error: Error): void;
}

const filePollMs = 100;

/** A whole number from 0 on; null for anything else, which is then ignored: a broken placement moves nobody. */
export function parsePlacement(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,5}$/.test(text.trim()) ? Number(text) : null;
}

/** Returns the stop. */
export function watchPlacement(api: KubeApi, namespace: string, name: string, handlers: PlacementHandlers): () => void {
  const take = (object: KubeObject): void => {
    const data = object.data as Readonly<Record<string, string>> | undefined;
    tell(data?.[placementKey], `ConfigMap ${name}, key ${placementKey}`, handlers);
    tellWishes(data ?? {}, `ConfigMap ${name}`, handlers);
  };
  const watch = startListWatch(
    api,
    { path: `/api/v1/namespaces/${namespace}/configmaps`, fieldSelector: `metadata.name=${name}` },
    {
      onChanged: take,
      // Deleted with the binding, or by mistake: the last known placement holds.
      onDeleted: () => handlers.onError(new Error(`ConfigMap ${name} was deleted: its last number holds`)),
      onSynced: () => undefined,
      onError: handlers.onError,
    },
  );
  return () => watch.stop();
}

/** The number in its first line; then lines as `skip 3:1042`. */
export function watchPlacementFile(path: string, handlers: PlacementHandlers): () => void {
  const read = (): void => {
    try {
      const [invokers, ...lines] = readFileSync(path, 'utf8').split('\n');
      tell(invokers, path, handlers);
      tellWishes(Object.fromEntries(lines.map((line) => line.split(/ (.*)/, 2))), path, handlers);
    } catch (error) {
      handlers.onError(error as Error);
    }
  };
  read();
  watchFile(path, { interval: filePollMs }, read);
  return () => unwatchFile(path, read);
}

function tell(text: string | undefined, where: string, handlers: PlacementHandlers): void {
  const invokers = parsePlacement(text);
  if (invokers === null) handlers.onError(new Error(`${where} is ${JSON.stringify(text)}: it must be a whole number`));
  else handlers.onPlacement(invokers);
}

/** A list that is broken is taken for none: nothing is skipped by mistake. */
function tellWishes(data: Readonly<Record<string, string>>, where: string, handlers: PlacementHandlers): void {
  const wishes = wishKeys.flatMap((what) => {
    const text = data[what];
    if (text === undefined) return [];
    const found = parseWishes(what, text);
    if (found === null)
      handlers.onError(new Error(`${where}, ${what} is ${JSON.stringify(text)}: give partition:offset, as in 3:1042`));
    return found ?? [];
  });
  handlers.onWishes(wishes);
}
