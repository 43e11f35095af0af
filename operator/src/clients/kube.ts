/** Writes to the Kubernetes API: server-side apply, status, removal with preconditions, creation; every failure is a value. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type HttpMethod,
  IsomorphicFetchHttpLibrary,
  KubeConfig,
  PatchStrategy,
  RequestContext,
} from '@kubernetes/client-node';
import { fieldManager } from '#api/names.ts';
import { failureOfAnswer, failureOfError, type KubeResult } from './kube-failure.ts';
import { collectionPath, objectPath, type ResourceKind } from './resources.ts';
import { type RetryPolicy, withRetries } from './retries.ts';

export interface WritableObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** What the API server answers to a write. */
export interface Written {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string; readonly generation?: number };
}

export interface RemovalTarget {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}

export interface KubeWriter {
  /** Server-side apply with our field manager, forced: what the object names is ours. */
  apply(object: WritableObject): Promise<KubeResult<Written>>;
  /** The same on `/status`. `NotFound` when the object is gone. */
  applyStatus(object: WritableObject): Promise<KubeResult<Written>>;
  /** `absent`: nothing of that name (and uid) is there any more. Dependents go in the background. */
  remove(target: RemovalTarget): Promise<KubeResult<'removed' | 'absent'>>;
  create(object: WritableObject): Promise<KubeResult<Written>>;
  /** JSON merge patch. */
  merge(target: RemovalTarget, patch: unknown): Promise<KubeResult<Written>>;
}

/** How to reach the API server: the pod's own service account, or a kubeconfig file. */
export type KubeAccess = { readonly kind: 'InCluster' } | { readonly kind: 'Kubeconfig'; readonly path: string };

/** Of one attempt. */
const attemptTimeoutMs = 8_000;
const retries: RetryPolicy = {
  maxAttempts: 4,
  initialBackoffMs: 200,
  maxBackoffMs: 3_000,
  chance: Math.random,
  sleep: (ms) => sleep(ms),
};

/** `server`: another address than the configuration's, for tests through a proxy. */
export function createKubeWriter(access: KubeAccess, server?: string): KubeWriter {
  const config = new KubeConfig();
  if (access.kind === 'InCluster') config.loadFromCluster();
  else config.loadFromFile(access.path);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig has no current cluster; see kubectl config current-context');
  const http = new IsomorphicFetchHttpLibrary();
  const base = server ?? cluster.server;
  // The client library makes a new dispatcher, hence a new TLS connection, for each request: we keep the first one, until it fails.
  let dispatcher: ReturnType<RequestContext['getDispatcher']>;

  const send = async (request: Request): Promise<KubeResult<Written>> => {
    try {
      const context = new RequestContext(`${base}${request.path}`, request.method as HttpMethod);
      context.setHeaderParam('Accept', 'application/json');
      context.setHeaderParam('Content-Type', request.contentType);
      context.setHeaderParam('User-Agent', fieldManager);
      context.setBody(JSON.stringify(request.body));
      context.setSignal(AbortSignal.timeout(attemptTimeoutMs));
      await config.applySecurityAuthentication(context);
      dispatcher ??= context.getDispatcher();
      if (dispatcher !== undefined) context.setDispatcher(dispatcher);
      const answer = await http.send(context).toPromise();
      const text = await answer.body.text();
      if (answer.httpStatusCode >= 200 && answer.httpStatusCode <= 299) return { kind: 'ok', value: JSON.parse(text) };
      return failureOfAnswer(answer.httpStatusCode, text, answer.headers['retry-after']);
    } catch (error) {
      // Where one connection is dead its neighbours are doubtful: they close by themselves when idle.
      dispatcher = undefined;
      return failureOfError(error);
    }
  };
  return writerOver((request) => withRetries(retries, () => send(request)));
}

interface Request {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly contentType: string;
  readonly body: unknown;
}

const refOf = ({ kind, metadata }: WritableObject): RemovalTarget => ({
  kind,
  namespace: metadata.namespace,
  name: metadata.name,
});

function writerOver(send: (request: Request) => Promise<KubeResult<Written>>): KubeWriter {
  const apply = (path: string, body: WritableObject): Promise<KubeResult<Written>> =>
    send({
      method: 'PATCH',
      path: `${path}?fieldManager=${fieldManager}&force=true`,
      contentType: PatchStrategy.ServerSideApply,
      body,
    });
  return {
    apply: (object) => apply(objectPath(refOf(object)), object),
    applyStatus: (object) => apply(`${objectPath(refOf(object))}/status`, object),
    async remove(target) {
      const result = await send({
        method: 'DELETE',
        path: objectPath(target),
        contentType: 'application/json',
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          propagationPolicy: 'Background',
          ...(target.uid === undefined ? {} : { preconditions: { uid: target.uid } }),
        },
      });
      if (result.kind === 'ok') return { kind: 'ok', value: 'removed' };
      // 409: another object of that name, which the precondition protects.
      if (result.status === 404 || (result.status === 409 && target.uid !== undefined))
        return { kind: 'ok', value: 'absent' };
      return result;
    },
    create: (object) =>
      send({
        method: 'POST',
        path: `${collectionPath(object.kind as ResourceKind, object.metadata.namespace)}?fieldManager=${fieldManager}`,
        contentType: 'application/json',
        body: object,
      }),
    merge: (target, body) =>
      send({
        method: 'PATCH',
        path: `${objectPath(target)}?fieldManager=${fieldManager}`,
        contentType: PatchStrategy.MergePatch,
        body,
      }),
  };
}
