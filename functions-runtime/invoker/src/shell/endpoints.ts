/** The function's ready endpoints: from the EndpointSlices of its Service, or from a fixed list outside of Kubernetes. */
import type { KubeApi } from '#kube/kube-api.ts';
import { type KubeObject, type ListWatch, startListWatch } from '#kube/list-watch.ts';

interface EndpointSlice extends KubeObject {
  readonly addressType: string;
  readonly ports?: readonly { readonly port?: number }[] | null;
  readonly endpoints?:
    | readonly {
        readonly addresses?: readonly string[];
        readonly conditions?: { readonly ready?: boolean | null };
      }[]
    | null;
}

/** Ready `host:port` of all slices, each once, sorted. A missing `ready` means ready, as the API says. */
export function readyEndpoints(slices: Iterable<EndpointSlice>): string[] {
  const found = new Set<string>();
  for (const { addressType, ports, endpoints } of slices) {
    const port = ports?.[0]?.port;
    if (port === undefined || addressType === 'FQDN') continue;
    for (const { addresses, conditions } of endpoints ?? []) {
      const address = addresses?.[0];
      if (address === undefined || conditions?.ready === false) continue;
      found.add(addressType === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`);
    }
  }
  return [...found].sort();
}

export interface EndpointsHandlers {
  /** The new list, only when it differs from the last. */
  onChanged(endpoints: readonly string[]): void;
  onError(error: Error): void;
}

/** Watches; the last known list stays while the API server is away. Returns the stop. */
export function watchEndpoints(
  api: KubeApi,
  namespace: string,
  serviceName: string,
  handlers: EndpointsHandlers,
): () => void {
  let last = '';
  let watch: ListWatch<EndpointSlice> | undefined;
  let synced = false;
  const tell = (): void => {
    if (!synced || watch === undefined) return;
    const endpoints = readyEndpoints(watch.objects.values());
    if (endpoints.join() === last) return;
    last = endpoints.join();
    handlers.onChanged(endpoints);
  };
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
  return () => watch.stop();
}
