// The scout's door: the operator puts a document and asks for samples; probes and metrics.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { documentPath, type ScoutDocument, samplesPath, samplesWaitMs } from '#contract/scout.ts';
import type { Rounds } from './rounds.ts';

/** 1,000 bindings at 2 KiB each, twice over. */
const documentBytesMax = 4 * 1024 * 1024;

export interface ServerOptions {
  readonly rounds: Rounds;
  readonly metrics: () => Promise<string>;
  readonly onDocument: (document: ScoutDocument) => void;
}

export function createScoutServer(options: ServerOptions): Server {
  return createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://scout');
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /livez':
    case 'GET /readyz':
      return say(response, 200, 'ok');
    case 'GET /metrics':
      return say(response, 200, await options.metrics(), 'text/plain; version=0.0.4');
    case `PUT ${documentPath}`: {
      const body = await readBody(request);
      if (body === null) return say(response, 413, `a document has at most ${documentBytesMax} bytes`);
      const document = parseDocument(body);
      if (document === null) return say(response, 400, 'not a scout document of version 1');
      options.onDocument(document);
      return say(response, 204, '');
    }
    case `GET ${samplesPath}`: {
      if (options.rounds.document === null || options.rounds.document.hash !== url.searchParams.get('document')) {
        return say(response, 412, 'this document is not here; put it first');
      }
      const after = Number(url.searchParams.get('after') ?? 0);
      const samples = await options.rounds.next(Number.isFinite(after) ? after : 0, samplesWaitMs);
      return say(response, 200, JSON.stringify(samples), 'application/json');
    }
    default:
      return say(response, 404, 'no such path');
  }
}

function parseDocument(text: string): ScoutDocument | null {
  try {
    const document = JSON.parse(text) as ScoutDocument;
    return document.version === 1 && typeof document.hash === 'string' && Array.isArray(document.bindings)
      ? document
      : null;
  } catch {
    return null;
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > documentBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function say(response: ServerResponse, status: number, body: string, contentType = 'text/plain'): void {
  response.writeHead(status, status === 204 ? {} : { 'content-type': contentType });
  response.end(body);
}
