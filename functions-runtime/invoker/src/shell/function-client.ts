/** One endpoint of the function over HTTP/1.1 keep-alive: sends one request and tells what came back, or how it broke. */
import { type Dispatcher, Pool } from 'undici';
import type { CallAnswer } from '#contract/answer.ts';
import type { HttpAnswer } from '#contract/answer-verdicts.ts';

export interface ClientSettings {
  /** Most requests at a time. */
  readonly connections: number;
  readonly maxResponseBytes: number;
  /** Who we are to the function's host; undefined: we have no token. */
  readonly token?: () => string | undefined;
}

export interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  /** For headers and body of the answer together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Asked in the moment of writing, which may be long after `send`: a connection had to be made, or the process was frozen. */
  readonly mayBegin?: () => boolean;
}

export type Reply =
  | ({ readonly kind: 'answer' } & HttpAnswer)
  | ({ readonly kind: 'broken' } & { readonly answer: CallAnswer })
  /** The caller's signal: nobody wants to know any more. */
  | { readonly kind: 'abandoned' }
  /** `mayBegin` said no: nothing was sent. */
  | { readonly kind: 'withheld' };

/** Shorter than any host keeps them (ours 10 s and more, Node's default 5 s): a call never meets a socket that is being closed. */
const keepAliveMs = 4_000;
const connectTimeoutMs = 3_000;
const maxHeaderBytes = 32_768;

export class FunctionClient {
  readonly endpoint: string;
  readonly #pool: Pool;
  readonly #maxResponseBytes: number;
  readonly #token: () => string | undefined;

  constructor(endpoint: string, settings: ClientSettings) {
    this.endpoint = endpoint;
    this.#maxResponseBytes = settings.maxResponseBytes;
    this.#token = settings.token ?? (() => undefined);
    this.#pool = new Pool(`http://${endpoint}`, {
      connections: settings.connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      connect: { timeout: connectTimeoutMs },
      maxHeaderSize: maxHeaderBytes,
      // One clock for all of a request: ours.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  send(request: Request): Promise<Reply> {
    return new Promise((resolve) => {
      const exchange = new Exchange(request, this.#maxResponseBytes, resolve);
      const { path, body } = request;
      const token = this.#token();
      const headers = token === undefined ? request.headers : { ...request.headers, authorization: `Bearer ${token}` };
      try {
        this.#pool.dispatch({ origin: `http://${this.endpoint}`, path, method: 'POST', headers, body }, exchange);
      } catch (error) {
        exchange.fail(error as Error);
      }
    });
  }

  /** Lets open requests end. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** One request and its answer, settled exactly once. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: Request;
  readonly #maxBytes: number;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.#settle({ kind: 'abandoned' });
  #resolve: ((reply: Reply) => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  /** True from the moment it is written on a connection: from then on the function may have seen it. */
  #begun = false;
  #status = 0;
  #headers: HttpAnswer['headers'] = {};
  #size = 0;
  readonly #chunks: Buffer[] = [];

  constructor(request: Request, maxBytes: number, resolve: (reply: Reply) => void) {
    this.#request = request;
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
    // After a standstill of this process the time is up before the answer that waits in the socket was read: sockets first.
    this.#timer = setTimeout(() => setImmediate(() => this.#timeOut()), request.timeoutMs);
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (request.signal?.aborted) this.#onAbort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#request.mayBegin?.() === false) this.#settle({ kind: 'withheld' });
    // Settled now, or while it waited for a connection.
    if (this.#resolve === undefined) controller.abort(abandoned);
    this.#begun = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpAnswer['headers']): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size <= this.#maxBytes) this.#chunks.push(chunk);
    else this.#broken('answer-too-large', `the answer is larger than maxResponseBytes (${this.#maxBytes})`);
  }

  onResponseEnd(): void {
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#settle({ kind: 'answer', status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  fail(error: Error): void {
    const detail = `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`;
    if (this.#begun) this.#broken('connection-broken', detail);
    else this.#unreachable(detail);
  }

  #timeOut(): void {
    if (this.#begun) this.#broken('timeout', `no complete answer within ${this.#request.timeoutMs} ms`);
    else this.#unreachable(`no connection within ${this.#request.timeoutMs} ms`);
  }

  #unreachable(detail: string): void {
    this.#settle({ kind: 'broken', answer: { kind: 'unavailable', cause: 'connection-refused', detail } });
  }

  #broken(failure: 'timeout' | 'connection-broken' | 'answer-too-large', detail: string): void {
    this.#settle({ kind: 'broken', answer: { kind: 'attempt-failed', failure, detail } });
  }

  #settle(reply: Reply): void {
    if (this.#resolve === undefined) return;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    const resolve = this.#resolve;
    this.#resolve = undefined;
    if (reply.kind !== 'answer') this.#controller?.abort(abandoned);
    resolve(reply);
  }
}

const abandoned = new Error('the answer is of no interest any more');
