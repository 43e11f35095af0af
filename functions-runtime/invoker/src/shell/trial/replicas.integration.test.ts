/** Two brokers, one of them away: topics that want two replicas in sync take nothing; the partitions wait, say so, and go on. */
import { expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../../../e2e/cluster/broker.ts';
import { type Behaviour, echo } from './function-server.ts';
import { position, type Scene } from './scene.ts';
import { stage } from './stage.ts';

let first: Broker | undefined;
const on = stage({
  broker: async () => {
    first = await startBroker();
    return first.bootstrap;
  },
});
const numbers = (from: number, count: number, step: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index * step);
const committed = async ({ judge, contract, input }: Scene): Promise<string> =>
  (await judge.committed(contract.source.consumerGroup, input)).map(({ offset }) => offset).join();

it('D1 D3 D4 D8 P3: outputs and dead letters wait for in-sync replicas; nothing is committed or skipped; all is written once when the broker is back', async () => {
  // Partition 0 leaves dead letters (even numbers), partition 1 outputs (odd ones).
  const behaviour: Behaviour = (call) => (call.partition === 0 ? { status: 422, body: 'will not do' } : echo(call));
  const server = await on.server(behaviour);
  // The group's coordinator shall not be on the broker that goes: its topic is made while there is but one.
  await position(on.bootstrap, 'first-group', await on.judge.topic(1), 1);
  const second = await startBroker({ joins: first! });
  on.after(() => first!.dispose());
  on.after(() => second.dispose());
  const replicated = { replicas: 2, topics: { 'min.insync.replicas': '2' } };
  const scene = await on.scene({ partitions: 2, endpoints: [server.endpoint], deadLetters: true, ...replicated });
  await on.judge.configure(scene.input, { 'min.insync.replicas': '1' });
  const invoker = await scene.invoker();
  await scene.send(0, 20);
  await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 20);
  await invoker.until('all is committed', async () => (await committed(scene)) === '10,10');

  await second.stop();
  await scene.send(20, 40);
  const blocked = async (): Promise<string[]> => (await invoker.report()).blocked.map(({ reason }) => reason);
  await invoker.until('both say so', async () => (await blocked()).length === 2, 100_000);
  for (const reason of await blocked()) expect(reason).toContain('NOT_ENOUGH_REPLICAS');
  expect(await invoker.report()).toMatchObject({ recordsSettled: 20, blocked: [{ offset: 10 }, { offset: 10 }] });
  expect(await committed(scene)).toBe('10,10');

  await second.start();
  await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 60, 100_000);
  await invoker.until('all is committed', async () => (await committed(scene)) === '30,30');
  await scene.untilOutRecords(30);
  await invoker.until('all letters are read', () => scene.deadLetters!.records.length >= 30);
  expect(scene.numbersOut()).toEqual(numbers(1, 30, 2));
  const letters = scene.deadLetters!.records.map(({ value }) => (JSON.parse(String(value)) as { n: number }).n);
  expect(letters).toEqual(numbers(0, 30, 2));
  expect(await blocked()).toEqual([]);
}, 300_000);
