// The list-watch against a server that answers what a real one rarely does: pages, 410, garbage, endless ends.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { closeApi, type KubeApi } from './kube-api.ts';
import { namesOf, withinMs, witness } from './witness.ts';

interface Scripted {
  readonly api: KubeApi;
  readonly asked: URL[];
  close(): Promise<void>;
}
/** Answers each request with the next entry; the last one again and again. A string list is streamed, then the stream ends. */
async function scripted(answers: readonly ((response: ServerResponse) => void)[]): Promise<Scripted> {
  const asked: URL[] = [];
  const server = createServer((incoming: IncomingMessage, response) => {
    asked.push(new URL(incoming.url ?? '/', 'http://x'));
    (answers[Math.min(asked.length, answers.length) - 1] as (response: ServerResponse) => void)(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api: KubeApi = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: () => undefined };
  return {
    api,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await closeApi(api);
    },
  };
}
const object = (name: string, resourceVersion: string) => ({ metadata: { name, uid: name, resourceVersion } });
const page =
  (items: unknown[], resourceVersion: string, next = '') =>
  (response: ServerResponse) =>
    void response.end(JSON.stringify({ metadata: { resourceVersion, continue: next }, items }));
const events =
  (...lines: unknown[]) =>
  (response: ServerResponse) =>
    void response.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const eventsThenEnd =
  (...lines: unknown[]) =>
  (response: ServerResponse) =>
    void response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const gone = { type: 'ERROR', object: { code: 410, message: 'too old resource version' } };

test('follows continue tokens, resumes from the last bookmark, and relists with a diff after 410', async () => {
  const server = await scripted([
    page([object('a', '1')], '10', 'token-2'),
    page([object('b', '2'), object('c', '3')], '10'),
    eventsThenEnd({ type: 'BOOKMARK', object: object('', '42') }),
    events(gone),
    page([object('a', '1'), object('c', '50')], '51'),
    events({ type: 'ADDED', object: object('d', '60') }),
  ]);
  const { seen, of } = witness(server.api, { path: '/things' });
  await vi.waitFor(() => expect(namesOf(seen.changed)).toEqual(['a', 'b', 'c', 'c', 'd']), withinMs);
  expect(namesOf(seen.deleted)).toEqual(['b']);
  expect([...of.objects.keys()].sort()).toEqual(['a', 'c', 'd']);
  expect(seen.syncs).toBe(1);
  const query = server.asked.map(({ searchParams }) => searchParams);
  expect(query[1]?.get('continue')).toBe('token-2');
  expect(query[2]?.get('allowWatchBookmarks')).toBe('true');
  expect(query.map((params) => params.get('resourceVersion'))).toEqual([null, null, '10', '42', null, '51']);
  of.stop();
  await server.close();
});

test('an expired version again and again, or a server that ends at once, is not asked in a tight loop', async () => {
  let lists = 0;
  const answer = (response: ServerResponse): void => {
    const isWatch = response.req.url?.includes('watch=true') ?? false;
    if (!isWatch) lists += 1;
    (isWatch ? eventsThenEnd(gone) : page([object('a', '1')], '10'))(response);
  };
  const server = await scripted([answer]);
  const { of } = witness(server.api, { path: '/things' });
  const started = Date.now();
  await vi.waitFor(() => expect(Date.now() - started).toBeGreaterThan(2_500), withinMs);
  expect(lists).toBeGreaterThan(2);
  expect(lists).toBeLessThan(12);
  of.stop();
  await server.close();
});

test('garbage in the stream and an error event are reported; the watch goes on from the same place', async () => {
  const server = await scripted([
    page([], '10'),
    events({ type: 'ADDED', object: object('a', '11') }, 'no event'),
    events({ type: 'ERROR', object: { code: 500, message: 'etcd is busy' } }),
    events({ type: 'ADDED', object: object('b', '12') }),
  ]);
  const { seen, of } = witness(server.api, { path: '/things' });
  await vi.waitFor(() => expect(namesOf(seen.changed)).toEqual(['a', 'b']), withinMs);
  expect(seen.errors.map(({ message }) => message)).toEqual([
    'unknown watch event type undefined',
    'watch error 500: etcd is busy',
  ]);
  expect(server.asked.map(({ searchParams }) => searchParams.get('resourceVersion'))).toEqual([null, '10', '11', '11']);
  of.stop();
  await server.close();
});
