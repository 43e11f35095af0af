/** Test support: a cheap function for very many records: it answers at once and keeps nothing but where each partition stands, and what was not in its turn. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { announcePath, callHeaders } from '#contract/call.ts';
import type { SeenEvent } from './function-server.ts';
import { endAsKilled, listen } from './listening.ts';

export type CheckEvent = (event: SeenEvent, partition: number, offset: number) => boolean;

/** What is kept of wrong events, at most. */
const mostWrong = 20;

export class OffsetServer {
  /** Events seen, each in its turn or wrong. */
  count = 0;
  /** Lost, repeated or swapped before it, or refused by the test's own check: id of the event, and the offset that was awaited. */
  readonly wrong: string[] = [];
  /** By partition: the offset that has to come next. */
  readonly next = new Map<number, number>();
  readonly #isRight: CheckEvent;
  readonly #server: Server;
  #endpoint = '';

  private constructor(isRight: CheckEvent) {
    this.#isRight = isRight;
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#take(request).then(
        () => response.writeHead(204).end(),
        (error: Error) => response.writeHead(500).end(error.message),
      );
    });
  }

  static async start(isRight: CheckEvent): Promise<OffsetServer> {
    const started = new OffsetServer(isRight);
    started.#endpoint = await listen(started.#server);
    return started;
  }

  get endpoint(): string {
    return this.#endpoint;
  }

  async stop(): Promise<void> {
    await endAsKilled(this.#server);
  }

  async #take(request: IncomingMessage): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    if (request.url === announcePath) return;
    const partition = Number(request.headers[callHeaders.partition]);
    let next = this.next.get(partition) ?? 0;
    for (const event of JSON.parse(body.toString()) as SeenEvent[]) {
      const offset = Number(event.id.slice(event.id.lastIndexOf('/') + 1));
      const isRight = offset === next && this.#isRight(event, partition, offset);
      if (!isRight && this.wrong.length < mostWrong) this.wrong.push(`${event.id} instead of ${next}`);
      next = offset + 1;
      this.count += 1;
    }
    this.next.set(partition, next);
  }
}
