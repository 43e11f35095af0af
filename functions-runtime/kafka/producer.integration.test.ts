/** What the producer does with records that a real broker refuses, and with what waits beside them. */
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { connectCluster } from './cluster.ts';
import { GivenReader } from './given-reader.ts';
import { givenTopic } from './given-topics.ts';
import { partitionOfKey } from './partitioner.ts';
import type { ProducedRecord } from './ports.ts';
import { WireProducer } from './producer.ts';

const bootstrap = inject('kafkaBootstrap');
const cluster = connectCluster([bootstrap], 'producer-test');
afterAll(() => cluster.close());

const written = { kind: 'ok', value: null };

function record(topic: string, value: string, rest: Partial<ProducedRecord> = {}): ProducedRecord {
  return { topic, partition: 0, key: null, value: Buffer.from(value), headers: [], ...rest };
}

async function valuesOf(topic: string, count: number, partitions = [0]): Promise<string[]> {
  const reader = new GivenReader(cluster, topic);
  for (const partition of partitions) reader.fetcher.add(partition, 0);
  await reader.untilCount(count);
  await reader.fetcher.close();
  return reader.values();
}

describe('a refused record', () => {
  test('fails its call alone: calls written together with it succeed, in order', async () => {
    const topic = await givenTopic(bootstrap, { configs: { 'cleanup.policy': 'compact' } });
    const producer = new WireProducer(cluster);
    const key = Buffer.from('k');
    const calls = [
      [record(topic, 'a', { key })],
      // A compacted topic takes no record without a key.
      [record(topic, 'guilty', { key }), record(topic, 'guilty')],
      [record(topic, 'b', { key }), record(topic, 'c', { key })],
    ];
    const outcomes = await Promise.all(calls.map((records) => producer.send(records)));
    expect(outcomes).toMatchObject([written, { kind: 'failed', code: 'INVALID_RECORD', retriable: false }, written]);
    expect(await producer.send([record(topic, 'd', { key })])).toEqual(written);
    expect(await valuesOf(topic, 4)).toEqual(['a', 'b', 'c', 'd']);
    await producer.close();
  });

  test('too large alone: fails; too large only together: smaller batches', async () => {
    const topic = await givenTopic(bootstrap, { configs: { 'max.message.bytes': '50000' } });
    const producer = new WireProducer(cluster);
    const tooLarge = producer.send([record(topic, 'x'.repeat(60_000))]);
    const together = producer.send(Array.from({ length: 40 }, (_, i) => record(topic, `${i}`.padEnd(10_000))));
    expect(await tooLarge).toMatchObject({ kind: 'failed', code: 'MESSAGE_TOO_LARGE', retriable: false });
    expect(await together).toEqual(written);
    const seen = await valuesOf(topic, 40);
    expect(seen.map(Number)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    await producer.close();
  });
});

test('D7 the time of a record may be absurd: it is written, and nobody else waits for it', async () => {
  const wide = String(2n ** 63n - 1n);
  const topic = await givenTopic(bootstrap, { partitions: 2, configs: { 'message.timestamp.after.max.ms': wide } });
  const producer = new WireProducer(cluster);
  const began = performance.now();
  const calls = [2 ** 63, Number(2n ** 63n - 1n), 2 ** 53, 0].map((timestampMs, index) =>
    producer.send([record(topic, `${index}`, { timestampMs }), record(topic, 'other', { partition: 1 })]),
  );
  expect(await Promise.all(calls)).toEqual(calls.map(() => written));
  expect(performance.now() - began).toBeLessThan(10_000);
  const reader = new GivenReader(cluster, topic);
  reader.fetcher.add(0, 0);
  await reader.untilCount(4);
  await reader.fetcher.close();
  expect(reader.records.map(({ timestampMs }) => timestampMs)).toEqual([2 ** 63, 2 ** 63, 2 ** 53, 0]);
  await producer.close();
});

test('P3 a call that fails in part tells which of its records are written, and nothing behind the first that is not', async () => {
  const topic = await givenTopic(bootstrap, { configs: { 'max.message.bytes': '50000' } });
  const producer = new WireProducer(cluster);
  const values = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(i === 12 ? 60_000 : 10));
  const outcome = await producer.send(values.map((value) => record(topic, value)));
  expect(outcome).toMatchObject({ kind: 'failed', code: 'MESSAGE_TOO_LARGE' });
  const acknowledged = outcome.kind === 'failed' ? [...outcome.acknowledged].sort((x, y) => x - y) : [];
  expect(acknowledged).toEqual(Array.from({ length: 12 }, (_, i) => i));
  expect((await valuesOf(topic, 12)).map(Number)).toEqual(acknowledged);
  const rest = values.filter((_, i) => i > 12).map((value) => record(topic, value));
  expect(await producer.send(rest)).toEqual(written);
  expect((await valuesOf(topic, 19)).map(Number)).toEqual(values.map((_, i) => i).filter((i) => i !== 12));
  await producer.close();
});

describe('what is not there', () => {
  test('a topic, or a partition of one, is told at once', async () => {
    const producer = new WireProducer(cluster);
    const began = performance.now();
    const code = 'UNKNOWN_TOPIC_OR_PARTITION';
    expect(await producer.send([record(`absent-${randomUUID()}`, 'a')])).toMatchObject({ kind: 'failed', code });
    const topic = await givenTopic(bootstrap);
    expect(await producer.send([record(topic, 'a', { partition: 7 })])).toMatchObject({ kind: 'failed', code });
    expect(performance.now() - began).toBeLessThan(2_000);
    await producer.close();
  });

  test('nothing is nothing to write', async () => {
    const producer = new WireProducer(cluster);
    expect(await producer.send([])).toEqual(written);
    await producer.close();
    expect(await producer.send([record('t', 'a')])).toMatchObject({ kind: 'failed' });
  });
});

test('records with a key go where their key belongs, others round', async () => {
  const topic = await givenTopic(bootstrap, { partitions: 3 });
  const producer = new WireProducer(cluster);
  const anywhere = (value: string, key: Buffer | null) => ({ topic, key, value: Buffer.from(value), headers: [] });
  const keys = Array.from({ length: 30 }, (_, i) => `key-${i}`);
  await producer.send(keys.map((key) => anywhere(key, Buffer.from(key))));
  await producer.send(Array.from({ length: 30 }, () => anywhere('none', null)));
  const reader = new GivenReader(cluster, topic);
  for (const partition of [0, 1, 2]) reader.fetcher.add(partition, 0);
  await reader.untilCount(60);
  await reader.fetcher.close();
  for (const { key, partition } of reader.records) if (key) expect(partition).toBe(partitionOfKey(key, 3));
  for (const partition of [0, 1, 2]) {
    expect(reader.values(partition).filter((value) => value === 'none')).toHaveLength(10);
  }
  await producer.close();
});

test('closing writes what was sent before', async () => {
  const topic = await givenTopic(bootstrap);
  const producer = new WireProducer(cluster);
  const outcomes = Array.from({ length: 50 }, (_, i) => producer.send([record(topic, `${i}`)]));
  await producer.close();
  for (const outcome of await Promise.all(outcomes)) expect(outcome).toEqual(written);
  expect(await valuesOf(topic, 50)).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
});
