/** Plain requests of an administrator to an API server, for tests: what a user would do with kubectl. */
import { Agent, request } from 'undici';
import type { KubeApi } from './kube-api.ts';

export interface TestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
}

/** The parsed answer; throws with status and text on anything but 2xx. A connection of its own each time. */
export async function ask<T = unknown>(api: KubeApi, of: TestRequest): Promise<T> {
  const { certPem: cert, keyPem: key } = api.clientCert ?? { certPem: '', keyPem: '' };
  const dispatcher = new Agent({ connect: { ca: api.caPem ?? '', cert, key } });
  try {
    const answer = await request(`${api.url}${of.path}`, {
      method: of.method,
      dispatcher,
      headers: { 'content-type': of.contentType ?? 'application/json' },
      body: of.body === undefined ? null : JSON.stringify(of.body),
    });
    const text = await answer.body.text();
    if (answer.statusCode > 299) throw new Error(`${of.method} ${of.path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text) as T;
  } finally {
    await dispatcher.close();
  }
}

export function makeNamespace(api: KubeApi, name: string): Promise<unknown> {
  return ask(api, { method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
}
