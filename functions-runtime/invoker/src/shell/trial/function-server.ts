/** Test support: a function as an HTTP server in the test's process, which speaks the contract and writes down every call it got. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { announcePath, callHeaders, resultContentType } from '#contract/call.ts';
import { endAsKilled, listen } from './listening.ts';

export interface SeenEvent {
  readonly id: string;
  readonly data: unknown;
  readonly [attribute: string]: unknown;
}

export interface SeenCall {
  readonly partition: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly offsets: string;
  readonly deadlineMs: number;
  readonly events: readonly SeenEvent[];
  readonly beganAtMs: number;
  /** Unset while it runs. */
  endedAtMs?: number;
}

export interface FunctionAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export type Behaviour = (call: SeenCall) => FunctionAnswer | Promise<FunctionAnswer>;

/** Each event's data is its output. */
export const echo: Behaviour = ({ events }) => ({
  status: 200,
  headers: { 'content-type': resultContentType },
  body: JSON.stringify({ results: events.map((event) => ({ status: 'ok', outputs: [outputOf(event)] })) }),
});

export const outputOf = (event: SeenEvent) => ({
  specversion: '1.0',
  id: `${event.id}/out`,
  source: '/test',
  type: 'test.output',
  datacontenttype: 'application/json',
  data: event.data,
});

export class FunctionServer {
  readonly calls: SeenCall[] = [];
  /** Epochs announced, in order. */
  readonly announced: Readonly<Record<string, number>>[] = [];
  behaviour: Behaviour;
  #server: Server;
  #endpoint = '';

  constructor(behaviour: Behaviour = echo) {
    this.behaviour = behaviour;
    this.#server = this.#create();
  }

  get endpoint(): string {
    return this.#endpoint;
  }

  /** On the port of before, after the first time. */
  async start(): Promise<this> {
    this.#server = this.#create();
    this.#endpoint = await listen(this.#server, Number(this.#endpoint.split(':')[1] ?? 0));
    return this;
  }

  /** As a killed pod: connections break, nobody listens. */
  async stop(): Promise<void> {
    await endAsKilled(this.#server);
  }

  #create(): Server {
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#take(request, response).catch((error: Error) => response.writeHead(500).end(error.message));
    });
    return server;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    if (request.url === announcePath) {
      const { epochs } = JSON.parse(body.toString()) as { epochs: Record<string, number> };
      this.announced.push(epochs);
      response.writeHead(204).end();
      return;
    }
    const header = (name: string): string => String(request.headers[name]);
    const call: SeenCall = {
      partition: Number(header(callHeaders.partition)),
      epoch: Number(header(callHeaders.epoch)),
      attempt: Number(header(callHeaders.attempt)),
      offsets: header(callHeaders.offsets),
      deadlineMs: Number(header(callHeaders.deadline)),
      events: JSON.parse(body.toString()) as SeenEvent[],
      beganAtMs: Date.now(),
    };
    this.calls.push(call);
    const answer = await this.behaviour(call);
    call.endedAtMs = Date.now();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }
}
