/** The list-watch shared by operator and invoker: bookmarks, resume, 410, half-open detection; knows no kind of ours. */

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

export interface KubeApi {
  /** https://host:port */
  readonly url: string;
  /** PEM; absent: the system's. */
  readonly caPem?: string;
  /** Read anew for each request: kubelet rotates tokens. */
  readonly token: () => string | undefined;
  /** Client certificate instead of a token (kubeconfig of an administrator). */
  readonly clientCert?: { readonly certPem: string; readonly keyPem: string };
}

export interface ListWatchOptions {
  /** Collection path, e.g. `/apis/headrace.dev/v1alpha1/streambindings` or `/api/v1/namespaces/x/configmaps`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** No byte (bookmark included) for so long: the connection is taken for dead and opened anew. */
  readonly silenceMs?: number;
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
  /** Newest known objects by `namespace/name` (or `name`). Kept while the API server is away. */
  readonly objects: ReadonlyMap<string, T>;
  readonly synced: Promise<void>;
  stop(): void;
}
