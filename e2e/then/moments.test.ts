// A watch that its server ends is gone on with behind what was heard last; one that cannot go on is told.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { watchMoments } from './moments.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const event = (name: string, resourceVersion: string, type = 'MODIFIED') =>
  `${JSON.stringify({ type, object: { metadata: { name, resourceVersion } } })}\n`;

/** Pods are answered by `answers`, one for each time that they are watched; `null` and all else stays open. */
async function apiServer(answers: readonly (string | null)[]): Promise<{ url: string; asked: (string | null)[] }> {
  const asked: (string | null)[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://api');
    response.flushHeaders();
    if (!pathname.endsWith('/pods')) return;
    const answer = answers[asked.push(searchParams.get('resourceVersion')) - 1] ?? null;
    if (answer !== null) response.end(answer);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

it('goes on behind the newest that it heard of, whatever order that came in', async () => {
  const { url, asked } = await apiServer([event('a', '107') + event('b', '99'), event('c', '120'), null]);
  const moments = await watchMoments(url, 'ns');
  const soon = { withinMs: 5_000, everyMs: 5 };
  await eventually(
    'it watches for the third time',
    soon,
    async () => asked,
    (times) => times.length === 3,
  );
  expect(asked).toEqual([null, '107', '120']);
  for (const name of ['a', 'b', 'c']) {
    expect(moments.firstOf(0, 'pods', ({ metadata }) => metadata.name === name)).toBeGreaterThan(0);
  }
  await moments.stop();
});

it('says so when what happened meanwhile cannot be had', async () => {
  const { url } = await apiServer([event('a', '1'), event('last', '2') + event('gone', '0', 'ERROR')]);
  const moments = await watchMoments(url, 'ns');
  const last = async () => moments.firstOf(0, 'pods', ({ metadata }) => metadata.name === 'last');
  await eventually('the last one is heard of', { withinMs: 5_000, everyMs: 5 }, last, (at) => at !== undefined);
  await expect(moments.stop()).rejects.toThrow('the watch of pods broke off: {"metadata":{"name":"gone"');
});
