/** One watch request: opened at a resource version, read event by event until it ends, with the reason of its end. */
import type { Readable } from 'node:stream';
import { jsonLines } from './json-lines.ts';
import { get, type KubeApi, KubeStatusError } from './kube-api.ts';

/** Why a watch ended. `closed`: by the server, in order. `expired`: the resource version is too old, list again. */
export type WatchEnd =
  | { readonly kind: 'closed' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'failed'; readonly error: Error };

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: unknown;
}

/** An object is at most 1.5 MiB in etcd; JSON and managed fields may make it several times longer. */
const maxLineBytes = 16 * 1024 * 1024;

export interface WatchRequest {
  readonly path: string;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  onEvent(event: WatchEvent): void;
}

/** Never throws: every end is a value. `onEvent` must not throw. */
export async function watchOnce(api: KubeApi, request: WatchRequest): Promise<WatchEnd> {
  let body: Readable | undefined;
  try {
    const answer = await get(api, request.path, {
      signal: request.signal,
      headersTimeoutMs: request.silenceMs,
      silenceMs: request.silenceMs,
    });
    body = answer.body;
    const lines = jsonLines(maxLineBytes);
    for await (const chunk of answer.body) {
      for (const value of lines.take(chunk as Buffer)) {
        const end = deliver(value as RawEvent, request);
        if (end !== undefined) return end;
      }
    }
    return { kind: 'closed' };
  } catch (error) {
    if (error instanceof KubeStatusError && error.status === 410) return { kind: 'expired' };
    return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  } finally {
    // Ends the connection where the stream was left early: nothing more is read from it.
    body?.destroy();
  }
}

interface RawEvent {
  readonly type?: string;
  readonly object?: { readonly code?: number; readonly message?: string };
}

function deliver(event: RawEvent, request: WatchRequest): WatchEnd | undefined {
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      request.onEvent({ type: event.type, object: event.object });
      return undefined;
    case 'ERROR':
      if (event.object?.code === 410) return { kind: 'expired' };
      return { kind: 'failed', error: new Error(`watch error ${event.object?.code}: ${event.object?.message}`) };
    default:
      return { kind: 'failed', error: new Error(`unknown watch event type ${String(event.type)}`) };
  }
}
