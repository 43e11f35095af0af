/** The invoker's HTTP door: probes, metrics, and the report for the operator. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type InvokerReport, reportPath } from '#contract/invoker-report.ts';
import type { Metrics } from './metrics.ts';

export interface ServerParts {
  readonly metrics: Metrics;
  report(): InvokerReport;
  /** A member, or standing by on purpose. It does not depend on the function: else a roll-out could lock up. */
  isReady(): boolean;
}

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startServer(port: number, parts: ServerParts): Promise<RunningServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0];
    if (request.method !== 'GET') return plain(response, 405, 'only GET');
    switch (path) {
      case '/livez':
        return plain(response, 200, 'ok');
      case '/readyz':
        return parts.isReady() ? plain(response, 200, 'ok') : plain(response, 503, 'not a member of the group yet');
      case reportPath:
        return send(response, 200, 'application/json', JSON.stringify(parts.report()));
      case '/metrics':
        return scrape(response, parts.metrics);
      default:
        return plain(response, 404, `try /livez, /readyz, /metrics or ${reportPath}`);
    }
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

function scrape(response: ServerResponse, metrics: Metrics): void {
  metrics.text().then(
    (text) => send(response, 200, metrics.contentType, text),
    (error: Error) => plain(response, 500, error.message),
  );
}

const plain = (response: ServerResponse, status: number, text: string): void =>
  send(response, status, 'text/plain; charset=utf-8', `${text}\n`);

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType }).end(body);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
