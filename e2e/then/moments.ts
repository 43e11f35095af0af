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

/** A server may end any watch; that of our kinds it ends when their definitions were touched. */
const opensAtMost = 20;

/** Resolves when all watches are open. A watch that ends is gone on with where it ended: nothing is missed. */
export async function watchMoments(apiUrl: string, namespace: string): Promise<Moments> {
  const changes: Change[] = [];
  const stopped = new AbortController();
  const { signal } = stopped;
  const open = async (resource: Resource, after: string) => {
    const query = `watch=1&timeoutSeconds=3600${after === '' ? '' : `&resourceVersion=${after}`}`;
    const { status, body } = await fetch(`${apiUrl}/${paths[resource]}/namespaces/${namespace}/${resource}?${query}`, {
      signal,
    });
    if (status !== 200 || body === null) throw new Error(`watching ${resource} was answered ${status}`);
    return body;
  };
  const opened = (Object.keys(paths) as Resource[]).map(async (resource) => {
    return { resource, first: await open(resource, '') };
  });
  const readings = (await Promise.all(opened)).map(async ({ resource, first }) => {
    let [body, after] = [first, ''];
    for (let opens = 1; ; opens += 1) {
      for await (const { type, object } of eventsIn(body)) {
        if (type === 'ERROR') throw new Error(`the watch of ${resource} broke off: ${JSON.stringify(object)}`);
        changes.push({ atMs: Date.now(), resource, object });
        after = newest(after, object.metadata.resourceVersion);
      }
      if (opens === opensAtMost) throw new Error(`the watch of ${resource} broke off ${opens} times`);
      body = await open(resource, after);
    }
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

interface WatchEvent {
  readonly type: string;
  readonly object: Kinds[Resource];
}

async function* eventsIn(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<WatchEvent> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}

/** What stands when a watch begins comes in any order. */
const newest = (a: string, b: string): string => (BigInt(b) > BigInt(a) ? b : a);
