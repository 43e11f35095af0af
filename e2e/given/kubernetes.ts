// The Kubernetes API as scenarios use it: objects of one namespace by kind and name, read and changed as a user would.
import type { Condition, Deployment, Pod, StatefulSet } from '#api/kubernetes.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import type { Finished } from '../cluster/commands.ts';

const requestTimeoutMs = 15_000;

const paths = {
  eventfunctions: 'apis/headrace.dev/v1alpha1',
  streambindings: 'apis/headrace.dev/v1alpha1',
  deployments: 'apis/apps/v1',
  statefulsets: 'apis/apps/v1',
  pods: 'api/v1',
  configmaps: 'api/v1',
  services: 'api/v1',
  serviceaccounts: 'api/v1',
  roles: 'apis/rbac.authorization.k8s.io/v1',
  rolebindings: 'apis/rbac.authorization.k8s.io/v1',
} as const;
export type Resource = keyof typeof paths;

/** What scenarios look at of an object whose kind they do not care for. */
export interface AnyObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

interface Kinds {
  readonly eventfunctions: EventFunction;
  readonly streambindings: StreamBinding;
  readonly deployments: Deployment;
  readonly statefulsets: StatefulSet;
  readonly pods: Pod;
}
type ObjectOf<R extends Resource> = R extends keyof Kinds ? Kinds[R] : AnyObject;

export interface Kubernetes {
  readonly namespace: string;
  /** Undefined: there is none. */
  get<R extends Resource>(resource: R, name: string): Promise<ObjectOf<R> | undefined>;
  list<R extends Resource>(resource: R, labelSelector?: string): Promise<readonly ObjectOf<R>[]>;
  /** JSON merge patch, as `kubectl patch --type merge`. */
  patch(resource: Resource, name: string, change: object): Promise<void>;
  /** Gracefully, unless `graceSeconds` says otherwise. */
  remove(resource: Resource, name: string, graceSeconds?: number): Promise<void>;
  /** As `kubectl apply -f -`; throws with the API server's words. */
  apply(...manifests: readonly object[]): Promise<void>;
  /** What a pod answers at that port and path, through the API server. Throws where it is not answered, or with an error. */
  askPod(name: string, port: number, path: string): Promise<string>;
  kubectl(args: readonly string[], input?: string): Promise<Finished>;
}

type Kubectl = (args: readonly string[], input?: string) => Promise<Finished>;

export function kubernetesOf(apiUrl: string, kubectl: Kubectl, namespace: string): Kubernetes {
  const pathOf = (resource: Resource, name = '') =>
    `${apiUrl}/${paths[resource]}/namespaces/${namespace}/${resource}${name === '' ? '' : `/${name}`}`;
  const inNamespace: Kubectl = (args, input) => kubectl(['--namespace', namespace, ...args], input);
  return {
    namespace,
    kubectl: inNamespace,
    get: async (resource, name) => (await ask('GET', pathOf(resource, name))) as never,
    list: async (resource, labelSelector = '') => {
      const query = labelSelector === '' ? '' : `?labelSelector=${encodeURIComponent(labelSelector)}`;
      const answer = (await ask('GET', `${pathOf(resource)}${query}`)) as { readonly items: readonly never[] };
      return answer.items;
    },
    patch: async (resource, name, change) => {
      const answer = await ask('PATCH', pathOf(resource, name), 'application/merge-patch+json', change);
      if (answer === undefined) throw new Error(`there is no ${resource}/${name} in ${namespace} to change`);
    },
    remove: async (resource, name, graceSeconds) => {
      const options = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds };
      await ask('DELETE', pathOf(resource, name), 'application/json', { propagationPolicy: 'Background', ...options });
    },
    askPod: async (name, port, path) => {
      const url = `${pathOf('pods', `${name}:${port}`)}/proxy${path}`;
      const answer = await textOf('GET', url);
      if (answer === undefined) throw new Error(`${url} was not found`);
      return answer;
    },
    apply: async (...manifests) => {
      const list = { apiVersion: 'v1', kind: 'List', items: manifests };
      const { code, stderr } = await inNamespace(['apply', '-f', '-'], JSON.stringify(list));
      if (code !== 0) throw new Error(`kubectl apply was refused: ${stderr.trim()}`);
    },
  };
}

async function ask(method: string, url: string, contentType?: string, body?: object): Promise<unknown> {
  const text = await textOf(method, url, contentType, body);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Undefined: there is none. */
async function textOf(method: string, url: string, contentType?: string, body?: object): Promise<string | undefined> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(requestTimeoutMs),
    ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${method} ${url} was answered ${response.status}: ${text.slice(0, 500)}`);
  return text;
}

/** The condition of that type of an EventFunction or StreamBinding, whatever its status. */
export function conditionOf(object: EventFunction | StreamBinding | undefined, type: string): Condition | undefined {
  const conditions = (object?.status?.conditions ?? []) as readonly Condition[];
  return conditions.find((condition) => condition.type === type);
}
