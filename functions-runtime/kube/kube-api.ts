/** A way to one Kubernetes API server on undici: address, trust, credentials, and a plain GET. */
import { readFileSync } from 'node:fs';
import { type Dispatcher, Pool } from 'undici';

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

/** The API server answered with something else than 2xx. */
export class KubeStatusError extends Error {
  override readonly name = 'KubeStatusError';
  readonly status: number;
  constructor(path: string, status: number, body: string) {
    super(`GET ${path}: ${status} ${body.slice(0, 500)}`);
    this.status = status;
  }
}

/** Where kubelet mounts a pod's service account. */
const serviceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Short: a SYN into a black hole must not use up the time in which we promise to be back. */
const connectTimeoutMs = 3_000;
const requestTimeoutMs = 15_000;
/** Below the API server's and any load balancer's idle timeout. */
const keepAliveMs = 20_000;

/** The API server of the cluster this process runs in. Throws when it does not run in a pod with a service account. */
export function inClusterApi(env: Readonly<Record<string, string | undefined>>, dir = serviceAccountDir): KubeApi {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) {
    throw new Error('KUBERNETES_SERVICE_HOST and _PORT are not set: run in a pod, or name a kubeconfig in KUBECONFIG');
  }
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    caPem: readFileSync(`${dir}/ca.crt`, 'utf8'),
    token: () => readFileSync(`${dir}/token`, 'utf8').trim(),
  };
}

// One pool per API: watches take a connection each, short requests share the rest.
const pools = new WeakMap<KubeApi, Pool>();

function poolOf(api: KubeApi): Pool {
  const known = pools.get(api);
  if (known !== undefined) return known;
  const pool = new Pool(api.url, {
    connect: {
      timeout: connectTimeoutMs,
      ...(api.caPem === undefined ? {} : { ca: api.caPem }),
      ...(api.clientCert === undefined ? {} : { cert: api.clientCert.certPem, key: api.clientCert.keyPem }),
    },
    // A connection per watch: a stalled one is given up without touching the others.
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
  });
  pools.set(api, pool);
  return pool;
}

export interface GetOptions {
  /** Media type that is asked for. Default: `application/json`. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Longest wait for the answer's head. */
  readonly headersTimeoutMs?: number;
  /** Longest silence between two chunks of the body. */
  readonly silenceMs?: number;
}

/** GET with credentials; the body is the caller's to read. Throws `KubeStatusError` on anything but 2xx. */
export async function get(api: KubeApi, path: string, options: GetOptions = {}): Promise<Dispatcher.ResponseData> {
  const token = api.token();
  const answer = await poolOf(api).request({
    method: 'GET',
    path,
    headers: {
      accept: options.accept ?? 'application/json',
      'user-agent': 'headrace',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    headersTimeout: options.headersTimeoutMs ?? requestTimeoutMs,
    bodyTimeout: options.silenceMs ?? requestTimeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (answer.statusCode < 200 || answer.statusCode > 299) {
    throw new KubeStatusError(path, answer.statusCode, await answer.body.text());
  }
  return answer;
}

/** GET, parsed. Throws `KubeStatusError`, undici's errors and `SyntaxError`. */
export async function getJson<T>(api: KubeApi, path: string, options: GetOptions = {}): Promise<T> {
  const answer = await get(api, path, options);
  return (await answer.body.json()) as T;
}

/**
 * Lets what runs go on, but opens new connections for every later request: where one connection died without a word, the idle
 * ones are no better, and a request on one of them would wait for its whole timeout.
 */
export function distrustConnections(api: KubeApi): void {
  const pool = pools.get(api);
  pools.delete(api);
  pool?.close().catch(() => undefined);
}

/** Ends every connection to this API; requests and watches in progress fail. */
export async function closeApi(api: KubeApi): Promise<void> {
  const pool = pools.get(api);
  pools.delete(api);
  await pool?.destroy();
}
