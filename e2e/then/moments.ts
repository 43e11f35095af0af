// When things happened in a namespace, as watches of the Kubernetes API hear of them: workloads scaled, pods made and ready, conditions told.
import type { Deployment, Pod, StatefulSet } from '#api/kubernetes.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';

interface Kinds {
  readonly eventfunctions: EventFunction;
  readonly streambindings: StreamBinding;
  readonly deployments: Deployment;
  readonly statefulsets: StatefulSet;
  readonly pods: Pod;
}
type Resource = keyof Kinds;

interface Change {
  /** Unix ms, of this process. */
  readonly atMs: number;
  readonly resource: Resource;
  readonly object: Kinds[Resource];
}

export interface Moments {
  /** Unix ms of the first change after `sinceMs` that is so; undefined: there was none. */
  firstOf<R extends Resource>(sinceMs: number, resource: R, isSo: (object: Kinds[R]) => boolean): number | undefined;
  /** Throws when a watch broke off: moments may be missing. */
  stop(): Promise<void>;
}

const paths: Readonly<Record<Resource, string>> = {
  eventfunctions: 'apis/headrace.dev/v1alpha1',
  streambindings: 'apis/headrace.dev/v1alpha1',
  deployments: 'apis/apps/v1',
  statefulsets: 'apis/apps/v1',
  pods: 'api/v1',
};

/** Resolves when all watches are open. */
export async function watchMoments(apiUrl: string, namespace: string): Promise<Moments> {
  const changes: Change[] = [];
  const stopped = new AbortController();
  const { signal } = stopped;
  const watches = (Object.keys(paths) as Resource[]).map(async (resource) => {
    const url = `${apiUrl}/${paths[resource]}/namespaces/${namespace}/${resource}?watch=1&timeoutSeconds=3600`;
    const { status, body } = await fetch(url, { signal });
    if (status !== 200 || body === null) throw new Error(`watching ${resource} was answered ${status}`);
    return { resource, body };
  });
  const readings = (await Promise.all(watches)).map(async ({ resource, body }) => {
    let rest = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const atMs = Date.now();
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines)
        changes.push({ atMs, resource, object: (JSON.parse(line) as Pick<Change, 'object'>).object });
    }
    throw new Error(`the watch of ${resource} broke off`);
  });
  const all = Promise.all(readings);
  // Awaited at `stop`; must not end the process before.
  all.catch(() => {});
  return {
    firstOf: (sinceMs, resource, isSo) =>
      changes.find((c) => c.resource === resource && c.atMs >= sinceMs && isSo(c.object as never))?.atMs,
    stop: async () => {
      stopped.abort();
      await all.catch((error: unknown) => {
        if ((error as Error).name !== 'AbortError') throw error;
      });
    },
  };
}
