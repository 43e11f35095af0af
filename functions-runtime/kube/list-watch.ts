/** The list-watch shared by operator and invoker: bookmarks, resume, 410, half-open detection; knows no kind of ours. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Backoff, backoffMs } from './backoff.ts';
import { distrustConnections, getJson, type KubeApi, KubeStatusError } from './kube-api.ts';
import { objectKey, takeChanged, takeList } from './object-store.ts';
import { type WatchEnd, type WatchEvent, watchOnce } from './watch-stream.ts';

export type { KubeApi } from './kube-api.ts';

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

export interface ListWatchOptions {
  /** Collection path, e.g. `/apis/headrace.dev/v1alpha1/streambindings` or `/api/v1/namespaces/x/configmaps`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** No byte (bookmark included) for so long: the connection is taken for dead and opened anew. Default 30,000. */
  readonly silenceMs?: number;
  /** Longest wait between two tries while the API server is away. Default 2,000. */
  readonly maxBackoffMs?: number;
}

export interface ListWatchHandlers<T extends KubeObject> {
  /** Called for each object of a (re-)list that is new or changed and for each watch event. */
  onChanged(object: T): void;
  onDeleted(object: T): void;
  /** After the first complete list. */
  onSynced(): void;
  /** Not fatal: it goes on trying, with backoff. */
  onError(error: Error): void;
}

export interface ListWatch<T extends KubeObject> {
  /** Newest known objects by `namespace/name` (or `name`). Kept while the API server is away. Without `managedFields`. */
  readonly objects: ReadonlyMap<string, T>;
  readonly synced: Promise<void>;
  stop(): void;
}

const defaultSilenceMs = 30_000;
const defaultMaxBackoffMs = 2_000;
const initialBackoffMs = 100;
const pageSize = 500;
/** After so many watches in a row that failed at the same place, the resource version itself is doubted. */
const failuresBeforeRelist = 5;
/** A watch that lived so long, or said anything, was a good one. */
const goodWatchMs = 900;

interface Page<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[] | null;
}

/** Lists, then watches for ever; every fault is reported, waited out and repaired. Never throws. */
export function startListWatch<T extends KubeObject>(
  api: KubeApi,
  options: ListWatchOptions,
  handlers: ListWatchHandlers<T>,
): ListWatch<T> {
  const synced = Promise.withResolvers<void>();
  const reflector = new Reflector(api, options, handlers, synced.resolve);
  void reflector.run();
  return { objects: reflector.objects, synced: synced.promise, stop: () => reflector.stop() };
}

class Reflector<T extends KubeObject> {
  readonly objects = new Map<string, T>();
  readonly #api: KubeApi;
  readonly #options: ListWatchOptions;
  readonly #handlers: ListWatchHandlers<T>;
  readonly #onFirstList: () => void;
  readonly #stopped = new AbortController();
  readonly #backoff: Backoff;
  readonly #silenceMs: number;
  #resourceVersion: string | undefined;
  #failures = 0;
  /** Resource versions in a row that were too old at once: lists are dear, so the next one waits longer. */
  #expiries = 0;
  #listedOnce = false;

  constructor(api: KubeApi, options: ListWatchOptions, handlers: ListWatchHandlers<T>, onFirstList: () => void) {
    this.#api = api;
    this.#options = options;
    this.#handlers = handlers;
    this.#onFirstList = onFirstList;
    this.#silenceMs = options.silenceMs ?? defaultSilenceMs;
    this.#backoff = { initialMs: initialBackoffMs, maxMs: options.maxBackoffMs ?? defaultMaxBackoffMs };
  }

  stop(): void {
    this.#stopped.abort();
  }

  async run(): Promise<void> {
    const signal = this.#stopped.signal;
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        else await this.#watch(this.#resourceVersion);
      } catch (error) {
        if (signal.aborted) return;
        this.#failures += 1;
        if (!(error instanceof KubeStatusError)) distrustConnections(this.#api);
        this.#report(error);
      }
      if (this.#failures === 0) continue;
      await delay(backoffMs(this.#backoff, this.#failures, Math.random()), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  async #list(): Promise<void> {
    const items: T[] = [];
    let next: string | undefined;
    let resourceVersion: string;
    do {
      const path = this.#path({ limit: String(pageSize), ...(next === undefined ? {} : { continue: next }) });
      const page: Page<T> = await getJson<Page<T>>(this.#api, path, { signal: this.#stopped.signal });
      for (const item of page.items ?? []) items.push(slim(item));
      resourceVersion = page.metadata.resourceVersion;
      next = page.metadata.continue || undefined;
    } while (next !== undefined);
    if (this.#stopped.signal.aborted) return;
    const { changed, deleted } = takeList(this.objects, items);
    for (const object of deleted) this.#call(() => this.#handlers.onDeleted(object));
    for (const object of changed) this.#call(() => this.#handlers.onChanged(object));
    this.#resourceVersion = resourceVersion;
    this.#failures = 0;
    if (this.#listedOnce) return;
    this.#listedOnce = true;
    this.#onFirstList();
    this.#call(() => this.#handlers.onSynced());
  }

  async #watch(resourceVersion: string): Promise<void> {
    const openedMs = performance.now();
    let said = false;
    const end = await watchOnce(this.#api, {
      path: this.#path({
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion,
        timeoutSeconds: String(watchSeconds(this.#silenceMs, Math.random())),
      }),
      silenceMs: this.#silenceMs,
      signal: this.#stopped.signal,
      onEvent: (event) => {
        said = true;
        this.#failures = 0;
        this.#take(event);
      },
    });
    if (this.#stopped.signal.aborted) return;
    this.#judge(end, said || performance.now() - openedMs >= goodWatchMs);
  }

  /** After a watch: go on at the same place, list anew, or throw (and wait) where something went wrong. */
  #judge(end: WatchEnd, wasGood: boolean): void {
    if (wasGood) {
      this.#failures = 0;
      this.#expiries = 0;
    }
    switch (end.kind) {
      case 'closed':
        // A server that closes at once, again and again, is not asked in a tight loop.
        this.#failures = wasGood ? 0 : this.#failures + 1;
        return;
      case 'expired':
        this.#resourceVersion = undefined;
        this.#expiries = wasGood ? 0 : this.#expiries + 1;
        this.#failures = this.#expiries;
        return;
      case 'failed':
        if (this.#failures >= failuresBeforeRelist) this.#resourceVersion = undefined;
        throw end.error;
    }
  }

  #take(event: WatchEvent): void {
    if (this.#stopped.signal.aborted) return;
    const object = slim(event.object as T);
    this.#resourceVersion = object.metadata.resourceVersion;
    if (event.type === 'BOOKMARK') return;
    const key = objectKey(object);
    if (event.type === 'DELETED') {
      this.objects.delete(key);
      this.#call(() => this.#handlers.onDeleted(object));
    } else if (takeChanged(this.objects, key, object)) {
      this.#call(() => this.#handlers.onChanged(object));
    }
  }

  #path(query: Readonly<Record<string, string>>): string {
    const params = new URLSearchParams(query);
    if (this.#options.labelSelector !== undefined) params.set('labelSelector', this.#options.labelSelector);
    if (this.#options.fieldSelector !== undefined) params.set('fieldSelector', this.#options.fieldSelector);
    return `${this.#options.path}?${params}`;
  }

  /** A handler that throws (or rejects) is reported and changes nothing here. */
  #call(handler: () => unknown): void {
    if (this.#stopped.signal.aborted) return;
    try {
      const result = handler();
      if (result instanceof Promise) result.catch((error: unknown) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    try {
      this.#handlers.onError(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // Nobody is left to tell.
    }
  }
}

/**
 * How long the server shall keep a watch open, in s: below the silence that we take for death, as it says nothing on a quiet
 * collection between two bookmarks (about one a minute). `chance` spreads the re-openings of many watchers.
 */
function watchSeconds(silenceMs: number, chance: number): number {
  const bookmarksKeepItAlive = silenceMs > 75_000;
  if (bookmarksKeepItAlive) return Math.round(240 + 240 * chance);
  return Math.max(1, Math.floor((silenceMs / 1000) * (0.6 + 0.25 * chance)));
}

/** Managed fields are often half of an object and nobody here reads them. */
function slim<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as T['metadata'] };
}
