/** One endpoint, a real server on loopback: every way in which an answer comes, or does not. */
import { spawn } from 'node:child_process';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { FunctionClient, type Reply, type Request } from './function-client.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const http = (listener: RequestListener): Promise<string> => listen(createServer(listener));
const raw = (onConnection: (socket: Socket) => void): Promise<string> =>
  listen(createTcpServer((socket) => void onConnection(socket.on('error', () => undefined))));

function client(endpoint: string): FunctionClient {
  const made = new FunctionClient(endpoint, { connections: 2, maxResponseBytes: 1000 });
  closers.push(() => made.close());
  return made;
}
const send = (endpoint: string, change: Partial<Request> = {}): Promise<Reply> =>
  client(endpoint).send({ path: '/x', headers: { 'x-a': '1' }, body: Buffer.from('in'), timeoutMs: 2000, ...change });

describe('an answer', () => {
  it('comes with status, headers and body; the request went out whole', async () => {
    const endpoint = await http(async (request, response) => {
      const chunks = await request.toArray();
      response
        .writeHead(201, { 'x-b': ['1', '2'] })
        .end(`${request.method} ${request.url} ${request.headers['x-a']} ${chunks}`);
    });
    const reply = await send(endpoint);
    expect(reply).toMatchObject({ kind: 'answer', status: 201, headers: { 'x-b': ['1', '2'] } });
    expect(String(reply.kind === 'answer' && reply.body)).toBe('POST /x 1 in');
  });
  it('that redirects is not followed', async () => {
    const endpoint = await http((_request, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    expect(await send(endpoint)).toMatchObject({ kind: 'answer', status: 302 });
  });
  it('keeps its connections for the next', async () => {
    const ports = new Set<number | undefined>();
    const endpoint = await http((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    const one = client(endpoint);
    for (let count = 0; count < 20; count += 1) await one.send({ path: '/', headers: {}, body: '', timeoutMs: 2000 });
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

it('an answer that came while this process was stopped is taken, though its time is up when it wakes', async () => {
  const endpoint = await http((_request, response) => setTimeout(() => response.end(), 150));
  const script = join(import.meta.dirname, 'given-paused-client.ts');
  const child = spawn(process.execPath, [script, endpoint, '400'], { stdio: ['ignore', 'pipe', 'inherit'] });
  closers.push(async () => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('sent');
  child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 600));
  child.kill('SIGCONT');
  expect((await lines.next()).value).toBe('answer');
});

const failed = (failure: string) => ({ kind: 'broken', answer: { kind: 'attempt-failed', failure } });

describe('no answer', () => {
  it('nobody listens: the function is not there, no attempt', async () => {
    const endpoint = await http(() => undefined);
    await closers.pop()!();
    expect(await send(endpoint)).toMatchObject({
      kind: 'broken',
      answer: { kind: 'unavailable', cause: 'connection-refused', detail: expect.stringContaining('ECONNREFUSED') },
    });
  });
  it('the connection breaks before, within the head, within the body: an attempt', async () => {
    const parts = ['', 'HTTP/1.1 200 OK\r\nconte', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'];
    for (const part of parts) {
      const endpoint = await raw((socket) => socket.once('data', () => socket.end(part)));
      expect(await send(endpoint), part).toMatchObject(failed('connection-broken'));
    }
  });
  it('no HTTP at all: an attempt', async () => {
    const endpoint = await raw((socket) => socket.once('data', () => socket.end('hello\r\n\r\n')));
    expect(await send(endpoint)).toMatchObject(failed('connection-broken'));
  });
  it('the time covers a head that does not come and a body that trickles', async () => {
    const silent = await http(() => undefined);
    expect(await send(silent, { timeoutMs: 100 })).toMatchObject(failed('timeout'));
    const trickling = await http((_request, response) => {
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const begin = performance.now();
    expect(await send(trickling, { timeoutMs: 200 })).toMatchObject(failed('timeout'));
    expect(performance.now() - begin).toBeLessThan(1000);
  });
  it('a larger answer than allowed is cut', async () => {
    const endpoint = await http((_request, response) => {
      const more = (): void => void (response.destroyed || response.write('x'.repeat(600), () => setImmediate(more)));
      more();
    });
    expect(await send(endpoint)).toMatchObject(failed('answer-too-large'));
  });
  it('withheld: asked in the moment of writing, which a connection may delay; then nothing is sent', async () => {
    let requests = 0;
    const endpoint = await http((_request, response) => {
      requests += 1;
      response.end();
    });
    let asked = 0;
    const mayBegin = (): boolean => {
      asked += 1;
      return false;
    };
    const one = client(endpoint);
    const request = { path: '/', headers: {}, body: 'x', timeoutMs: 2000 };
    expect(await one.send({ ...request, mayBegin })).toEqual({ kind: 'withheld' });
    expect(await one.send({ ...request, mayBegin: () => true })).toMatchObject({ kind: 'answer' });
    expect([asked, requests]).toEqual([1, 1]);
  });
  it('abandoned: nobody waits any more, and the function sees the connection close', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const endpoint = await http((_request, response) => {
      response.on('close', resolve);
      begin();
    });
    const abort = new AbortController();
    const reply = send(endpoint, { signal: abort.signal });
    await begun;
    abort.abort();
    expect(await reply).toEqual({ kind: 'abandoned' });
    await closed;
  });
});
