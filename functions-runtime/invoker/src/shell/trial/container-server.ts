/** Test support: a plain container as an HTTP server in the test's process; it writes down each request as it came and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { endAsKilled, listen } from './listening.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
export interface PlainAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export type Plain = (request: SeenRequest) => PlainAnswer | Promise<PlainAnswer>;

export class ContainerServer {
  readonly requests: SeenRequest[] = [];
  behaviour: Plain;
  readonly #server: Server;
  #endpoint = '';

  private constructor(behaviour: Plain) {
    this.behaviour = behaviour;
    this.#server = createServer(async (request, response) => {
      const { method = '', url = '', headers } = request;
      const seen = { method, path: url, headers, body: Buffer.concat(await request.toArray()) };
      this.requests.push(seen);
      const answer = await this.behaviour(seen);
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  }

  static async start(behaviour: Plain): Promise<ContainerServer> {
    const started = new ContainerServer(behaviour);
    started.#endpoint = await listen(started.#server);
    return started;
  }

  get endpoint(): string {
    return this.#endpoint;
  }

  async stop(): Promise<void> {
    await endAsKilled(this.#server);
  }
}
