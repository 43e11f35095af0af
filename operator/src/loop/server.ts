/** The operator's own HTTP: /livez, /readyz and /metrics. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Undefined: all is well. Else why not, in words. */
export type Check = () => string | undefined;

export interface ServerOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly live: Check;
  readonly ready: Check;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface OwnServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<OwnServer> {
  const server = createServer((request, response) => {
    switch (request.url) {
      case '/livez':
        answerCheck(response, options.live());
        return;
      case '/readyz':
        answerCheck(response, options.ready());
        return;
      case '/metrics':
        void answerMetrics(response, options);
        return;
      default:
        answer(response, 404, 'text/plain', 'not found: /livez, /readyz or /metrics\n');
    }
  });
  server.requestTimeout = 5_000;
  server.headersTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function answerCheck(response: ServerResponse, problem: string | undefined): void {
  if (problem === undefined) answer(response, 200, 'text/plain', 'ok\n');
  else answer(response, 503, 'text/plain', `${problem}\n`);
}

async function answerMetrics(response: ServerResponse, options: ServerOptions): Promise<void> {
  try {
    const { contentType, text } = await options.metrics();
    answer(response, 200, contentType, text);
  } catch (error) {
    answer(response, 500, 'text/plain', `${String(error)}\n`);
  }
}

function answer(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, { 'content-type': contentType }).end(text);
}
