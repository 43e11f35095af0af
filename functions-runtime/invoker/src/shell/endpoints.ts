/** The function's endpoints that take calls: from the EndpointSlices of its Service, or from a fixed list outside of Kubernetes. */
import type { KubeApi } from '#kube/kube-api.ts';
import { type KubeObject, type ListWatch, startListWatch } from '#kube/list-watch.ts';
import { EarlyPods } from './early-pods.ts';

interface EndpointSlice extends KubeObject {
  readonly addressType: string;
  readonly ports?: readonly { readonly port?: number }[] | null;
  readonly endpoints?:
    | readonly {
        readonly addresses?: readonly string[];
        readonly conditions?: { readonly ready?: boolean | null; readonly terminating?: boolean | null };
      }[]
    | null;
}

export interface EndpointLists {
  /** Each once, sorted. */
  readonly ready: string[];
  /** Have an address, and are neither ready nor at their end. */
  readonly starting: string[];
}

/** `host:port` of all slices. A missing `ready` means ready, as the API says. */
export function endpointsOf(slices: Iterable<EndpointSlice>): EndpointLists {
  const ready = new Set<string>();
  const starting = new Set<string>();
  for (const { addressType, ports, endpoints } of slices) {
    const port = ports?.[0]?.port;
    if (port === undefined || addressType === 'FQDN') continue;
    for (const { addresses, conditions } of endpoints ?? []) {
      const address = addresses?.[0];
      if (address === undefined) continue;
      const text = addressType === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
      if (conditions?.ready !== false) ready.add(text);
      else if (conditions.terminating !== true) starting.add(text);
    }
  }
  return { ready: [...ready].sort(), starting: [...starting.difference(ready)].sort() };
}

export interface EndpointsHandlers {
  /** The new list, only when it differs from the last. */
  onChanged(endpoints: readonly string[]): void;
  onError(error: Error): void;
}

/**
 * Watches; the last known list stays while the API server is away. While nobody is ready those that start are asked by `isUp`, where it is
 * given, and belong to the list once they say so themselves. Returns the stop.
 */
export function watchEndpoints(
  api: KubeApi,
  namespace: string,
  serviceName: string,
  handlers: EndpointsHandlers,
  isUp?: (endpoint: string) => Promise<boolean>,
): () => void {
  let last = '';
  let watch: ListWatch<EndpointSlice> | undefined;
  let synced = false;
  const tell = (): void => {
    if (!synced || watch === undefined) return;
    const { ready, starting } = endpointsOf(watch.objects.values());
    early?.set(starting, ready.length === 0);
    const endpoints = [...ready, ...(early?.up ?? [])].sort();
    if (endpoints.join() === last) return;
    last = endpoints.join();
    handlers.onChanged(endpoints);
  };
  const early = isUp && new EarlyPods({ isUp, onUp: tell, now: () => performance.now() });
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const labelSelector = `kubernetes.io/service-name=${serviceName}`;
  watch = startListWatch<EndpointSlice>(
    api,
    { path, labelSelector },
    {
      onChanged: tell,
      onDeleted: tell,
      onSynced: () => {
        synced = true;
        tell();
      },
      onError: handlers.onError,
    },
  );
  return () => {
    early?.stop();
    watch.stop();
  };
}
