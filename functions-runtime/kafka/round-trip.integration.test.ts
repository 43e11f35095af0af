/** What the producer writes, the fetcher reads: bytes, order, nulls, through a real broker. */
import { afterAll, describe, expect, inject, test } from 'vitest';
import { eventually, givenTopic } from './given-topics.ts';
import { kafkaRoom } from './index.ts';
import type { FetchedRecord, ProducedRecord } from './ports.ts';

const bootstrap = inject('kafkaBootstrap');
const cluster = kafkaRoom.connect([bootstrap], 'round-trip');
afterAll(() => cluster.close());

const options = { maxBytes: 1_000_000, partitionMaxBytes: 500_000, maxWaitMs: 500 };

function record(topic: string, value: string | null, rest: Partial<ProducedRecord> = {}): ProducedRecord {
  return { topic, key: null, value: value === null ? null : Buffer.from(value), headers: [], ...rest };
}

/** Reads until `count` records came; every partition from 0. */
async function readAll(topic: string, partitions: readonly number[], count: number) {
  const seen = new Map<number, FetchedRecord[]>(partitions.map((partition) => [partition, []]));
  const fetcher = kafkaRoom.fetcher(
    cluster,
    { topic, ...options },
    {
      onRecords: (partition, records) => seen.get(partition)!.push(...records),
      onOutOfRange: (partition) => expect.unreachable(`partition ${partition} is out of range`),
      onFailure: ({ message }) => expect.unreachable(message),
    },
  );
  for (const partition of partitions) fetcher.add(partition, 0);
  const total = () => [...seen.values()].reduce((sum, records) => sum + records.length, 0);
  await eventually(`${count} records of ${topic}`, () => total() >= count);
  await fetcher.close();
  return seen;
}

describe('a record comes back', () => {
  test('D7 byte for byte: key, value, header list, timestamp; null is not empty', async () => {
    const topic = await givenTopic(bootstrap);
    const producer = kafkaRoom.producer(cluster);
    const name = Buffer.from('repeated');
    const sent: ProducedRecord[] = [
      {
        topic,
        partition: 0,
        key: Buffer.from([0, 255, 128]),
        value: Buffer.from('é\u0000'),
        headers: [
          [name, Buffer.from('1')],
          [name, Buffer.from('2')],
          [Buffer.alloc(0), null],
          [Buffer.from('empty'), Buffer.alloc(0)],
        ],
        timestampMs: 1_700_000_000_123,
      },
      { topic, partition: 0, key: null, value: null, headers: [] },
      { topic, partition: 0, key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [] },
    ];
    expect(await producer.send(sent)).toEqual({ kind: 'ok', value: null });
    const seen = (await readAll(topic, [0], 3)).get(0)!;
    for (const [index, { key, value, headers }] of sent.entries()) {
      expect(seen[index]).toMatchObject({ offset: index, key, value });
      expect(seen[index]!.headers).toEqual(headers);
    }
    expect(seen[0]!.timestampMs).toBe(1_700_000_000_123);
    await producer.close();
  });

  test('D7 with its own time, also beside records of another year', async () => {
    const topic = await givenTopic(bootstrap);
    const producer = kafkaRoom.producer(cluster);
    const timesMs = [1_700_000_000_000, 1_500_000_000_000, 1_700_000_000_001, 0, 1_760_000_000_000];
    const sent = timesMs.map((timestampMs) => record(topic, `${timestampMs}`, { partition: 0, timestampMs }));
    expect(await producer.send(sent)).toEqual({ kind: 'ok', value: null });
    const seen = (await readAll(topic, [0], timesMs.length)).get(0)!;
    expect(seen.map(({ timestampMs }) => timestampMs)).toEqual(timesMs);
    await producer.close();
  });

  test('P3 in the order of its call and of earlier calls, each once, when many calls are open together', async () => {
    const topic = await givenTopic(bootstrap, { partitions: 4 });
    const producer = kafkaRoom.producer(cluster);
    const calls = Array.from({ length: 200 }, (_, call) =>
      producer.send(Array.from({ length: 10 }, (_, i) => record(topic, `${call * 10 + i}`, { partition: i % 4 }))),
    );
    for (const outcome of await Promise.all(calls)) expect(outcome.kind).toBe('ok');
    const seen = await readAll(topic, [0, 1, 2, 3], 2_000);
    for (const [partition, records] of seen) {
      const values = records.map(({ value }) => Number(value));
      const wanted = Array.from({ length: 2_000 }, (_, i) => i).filter((i) => (i % 10) % 4 === partition);
      expect(values).toEqual(wanted);
      expect(records.map(({ offset }) => offset)).toEqual(records.map((_, i) => i));
    }
    await producer.close();
  });
});
