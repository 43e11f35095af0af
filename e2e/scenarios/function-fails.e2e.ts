// Promise: what a function needs is away: it is told, with the time before which nothing is given up, and nothing is; when it is back, all is done (D6, D8).
import { expect, inject } from 'vitest';
import { invokerStatefulSet } from '#api/names.ts';
import { streamBinding } from '../given/binding.ts';
import { dependency } from '../given/dependency.ts';
import { eventFunction } from '../given/function.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { says } from '../then/conditions.ts';
import { drained } from '../then/flow.ts';
import { reportOf } from '../then/report.ts';
import { verdictOf } from '../then/verdict.ts';

const name = 'needy';
const maxAttempts = 2;
/** Decision 0008. */
const patienceMs = 120_000;

const codeThatNeeds = (url: string): string => `
export default async ({ data }) => {
  const response = await fetch('${url}', { signal: AbortSignal.timeout(2_000) });
  if (!response.ok) throw new Error('the store answers ' + response.status);
  return data;
};
`;

scenario('D6 D8: an outage of what the function needs is told, and costs no record', async ({ stage }) => {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const store = await dependency(kubernetes, 'store', inject('system').images.hostNode26);
  const { input, output, dead } = await stage.made({ input: 2, output: 2, dead: 1 });
  await kubernetes.apply(
    eventFunction(name, codeThatNeeds(store.url)),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer, output: { topic: output } },
      delivery: {
        retry: { maxAttempts, initialBackoff: '100ms', maxBackoff: '2s' },
        deadLetter: { topic: dead },
      },
      scaling: { minInvokers: 1, maxInvokers: 1 },
    }),
  );
  const traffic = (firstId: number) =>
    startTraffic(stage.topics, { topic: input, perSecond: 50, forMs: 2_000, firstId }).finished;
  const before = await traffic(0);
  await drained(stage, name, input, { withinMs: 60_000 });

  const callsDone = async () => (await reportOf(kubernetes, `${invokerStatefulSet(name)}-0`)).callsDone;
  const callsBefore = await callsDone();
  await store.goesAway();
  const awayMs = Date.now();
  const during = await traffic(before.length);
  const available = await says(
    ...([kubernetes, 'streambindings', name, 'FunctionAvailable'] as const),
    { status: 'False', reason: 'FunctionFailing' },
    { withinMs: 60_000 },
  );
  const toldMs = Date.now();
  const [, since = '', until = ''] =
    /has failed since (\S+), .*; no record is given up before (\S+);/.exec(available.message) ?? [];
  // Conditions tell whole seconds.
  expect(Date.parse(since)).toBeGreaterThan(awayMs - 1_000);
  expect(Date.parse(until) - Date.parse(since)).toBe(patienceMs);
  const blocked = await says(
    ...([kubernetes, 'streambindings', name, 'Blocked'] as const),
    { status: 'True', reason: 'RecordsDoubted' },
    { withinMs: 10_000 },
  );
  expect(blocked.message).toMatch(/^partition \d waits at offset \d+: .*, as every other call; no record is given up/);
  expect(blocked.message).toContain(until);
  await says(kubernetes, 'streambindings', name, 'Ready', { status: 'False' }, { withinMs: 10_000 });
  // Each partition's first record would have been out of attempts long since.
  expect((await callsDone()) - callsBefore).toBeGreaterThan(2 * maxAttempts);
  expect(await stage.topics.ends(dead)).toBe(0);
  expect(await stage.topics.ends(output)).toBe(before.length);
  stage.figure(`${((toldMs - awayMs) / 1000).toFixed(0)} s after it went away: ${available.message}`);

  await store.comesBack();
  await drained(stage, name, input, { withinMs: 30_000 });
  await says(kubernetes, 'streambindings', name, 'FunctionAvailable', { status: 'True' }, { withinMs: 30_000 });
  await says(kubernetes, 'streambindings', name, 'Blocked', { status: 'False' }, { withinMs: 30_000 });
  expect(await stage.topics.ends(dead)).toBe(0);
  const verdict = await verdictOf(stage, { sent: [...before, ...during], input, outputs: [output], deadLetter: dead });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);
});
