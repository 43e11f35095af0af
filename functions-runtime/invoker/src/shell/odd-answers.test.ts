/** Answers that no honest server gives: each is a reply with a meaning, none spoils the call after it, none is followed elsewhere. */
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FunctionClient, type Reply } from './function-client.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Answers the nth request on any connection with the nth text, the last one for all that come later. */
async function server(...answers: readonly string[]): Promise<{ client: FunctionClient; seen: string[] }> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      seen.push(String(data).split('\r\n')[0]!);
      const answer = answers[Math.min(seen.length, answers.length) - 1]!;
      const [text, end] = answer.split('<end>');
      socket.write(text!);
      if (end !== undefined) socket.end();
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const client = new FunctionClient(`127.0.0.1:${port}`, { connections: 1, maxResponseBytes: 1000 });
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  closers.push(() => client.close());
  return { client, seen };
}

const ask = (client: FunctionClient): Promise<Reply> =>
  client.send({ path: '/', headers: {}, body: 'x', timeoutMs: 2_000 });
const ok = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const said = (reply: Reply): string => {
  if (reply.kind === 'answer') return `${reply.status} ${reply.body}`;
  return reply.kind === 'broken' && reply.answer.kind === 'attempt-failed' ? reply.answer.failure : reply.kind;
};

describe('one answer', () => {
  it.each([
    ['HTTP/1.0, ended by the close', 'HTTP/1.0 200 OK\r\n\r\nold<end>', '200 old'],
    ['a hint before it', `HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${ok('after')}`, '200 after'],
    [
      'a status that switches to another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'connection-broken',
    ],
    [
      'a redirect is not followed',
      'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n',
      '302 ',
    ],
    ['a body longer than it said', `${ok('four')}and more`, '200 four'],
    ['a body shorter than it said', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort<end>', 'connection-broken'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab<end>', 'connection-broken'],
    ['chunks that are none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', 'connection-broken'],
    [
      '40 KB of headers',
      `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\ncontent-length: 0\r\n\r\n`,
      'connection-broken',
    ],
    [
      '8,000 short headers, 16 KB in all',
      `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(8_000)}content-length: 0\r\n\r\n`,
      '200 ',
    ],
    ['a line break within a header', 'HTTP/1.1 200 OK\r\nx: a\rb: c\r\ncontent-length: 0\r\n\r\n', 'connection-broken'],
  ])('%s', async (_, answer, meaning) => {
    const { client, seen } = await server(answer, ok('next'));
    expect(said(await ask(client))).toBe(meaning);
    // Whatever it was, the next call gets its own answer.
    expect(said(await ask(client))).toBe('200 next');
    expect(seen).toEqual(['POST / HTTP/1.1', 'POST / HTTP/1.1']);
  });
});

it('an answer too many is nobody’s: the next call does not take it for its own', async () => {
  const { client } = await server(`${ok('first')}${ok('stray')}`, ok('second'), ok('third'));
  expect(said(await ask(client))).toBe('200 first');
  expect(said(await ask(client))).toBe('200 second');
  expect(said(await ask(client))).toBe('200 third');
});
