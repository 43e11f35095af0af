/** Watching on a real broker: a first record is told at once, markers and aborted records are not, and faults are survived. */
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectCluster, type WireCluster } from './cluster.ts';
import { newGroup } from './given-members.ts';
import { type CuttableBroker, startCuttableBroker } from './given-proxy.ts';
import { commitAny, deleteRecords, eventually, givenTopic } from './given-topics.ts';
import { givenTransactions } from './given-transactions.ts';
import type { KafkaFailure, WatchedPartition } from './ports.ts';
import { WireProducer } from './producer.ts';
import { WireWatch } from './watch.ts';

interface Seen {
  readonly records: { partition: number; topic: string; offset: number; atMs: number }[];
  readonly passed: { partition: number; position: number }[];
  readonly lost: { partition: number; code: string }[];
  readonly failures: KafkaFailure[];
}

function given(bootstrap: string) {
  const cluster = connectCluster([bootstrap], 'watch-test');
  const seen: Seen = { records: [], passed: [], lost: [], failures: [] };
  const watch = new WireWatch(cluster, {
    onRecord: ({ topic, partition }, offset) =>
      seen.records.push({ topic, partition, offset, atMs: performance.now() }),
    onPassed: ({ partition }, position) => seen.passed.push({ partition, position }),
    onLost: ({ partition }, { code }) => seen.lost.push({ partition, code }),
    onFailure: (failure) => seen.failures.push(failure),
  });
  return { cluster, seen, watch, close: () => Promise.all([watch.close(), cluster.close()]) };
}

async function watched(cluster: WireCluster, topic: string, position = 0): Promise<WatchedPartition[]> {
  const info = await cluster.describeTopic(topic);
  if (info.kind === 'failed') throw new Error(info.message);
  return info.value.partitions.map((partition) => ({ topic, topicId: info.value.topicId, partition, position }));
}

const write = async (cluster: WireCluster, topic: string, partition: number, count = 1): Promise<number> => {
  const producer = new WireProducer(cluster);
  const value = Buffer.from('v');
  const records = Array.from({ length: count }, () => ({ topic, partition, key: null, value, headers: [] }));
  const sent = await producer.send(records);
  const atMs = performance.now();
  await producer.close();
  if (sent.kind === 'failed') throw new Error(sent.message);
  return atMs;
};

const untilWatching = (watch: WireWatch, all: readonly WatchedPartition[]) =>
  eventually('a request has been sent', () => all.every((p) => watch.isWatching(p.topic, p.partition)));

describe('on one broker', () => {
  const bootstrap = inject('kafkaBootstrap');
  const world = given(bootstrap);
  const { cluster, seen, watch } = world;
  afterEach(() => {
    watch.set([]);
    for (const list of [seen.records, seen.passed, seen.lost]) list.length = 0;
  });
  afterAll(() => world.close());

  test('the first record of any of many partitions is told at once, and once', async () => {
    const topics = await Promise.all(Array.from({ length: 5 }, () => givenTopic(bootstrap, { partitions: 20 })));
    const all = (await Promise.all(topics.map((topic) => watched(cluster, topic)))).flat();
    watch.set(all);
    await untilWatching(watch, all);
    const delays: number[] = [];
    for (const [i, topic] of topics.entries()) {
      const writtenMs = await write(cluster, topic, i, 3);
      await eventually('it is told', () => seen.records.some((r) => r.topic === topic));
      const told = seen.records.find((r) => r.topic === topic);
      expect(told).toMatchObject({ partition: i, offset: 0 });
      delays.push((told?.atMs ?? 0) - writtenMs);
    }
    expect(seen.records.length).toBe(topics.length);
    delays.sort((a, b) => a - b);
    // The median: this machine is shared.
    expect(delays[2]).toBeLessThan(100);
    expect(watch.isWatching(topics[0]!, 0)).toBe(false);
  });

  test('a commit of 2^63 - 1 is told as out of range; others are watched on', async () => {
    const [far, near] = await Promise.all([givenTopic(bootstrap), givenTopic(bootstrap)]);
    const group = newGroup();
    await commitAny(bootstrap, group, far, 0, 2n ** 63n - 1n);
    const committed = await cluster.fetchOffsets(group, far, [0]);
    const position = committed.kind === 'ok' ? committed.value[0]!.offset! : -1;
    watch.set([...(await watched(cluster, far, position)), ...(await watched(cluster, near))]);
    await eventually('it is told', () => seen.lost.length === 1);
    expect(seen.lost).toEqual([{ partition: 0, code: 'OFFSET_OUT_OF_RANGE' }]);
    await write(cluster, near, 0);
    await eventually('the other is told', () => seen.records.some(({ topic }) => topic === near));
    expect(seen.failures).toEqual([]);
  });

  test('markers and aborted records are passed, an open transaction is nothing, a committed record is told', async () => {
    const topic = await givenTopic(bootstrap);
    const all = await watched(cluster, topic);
    watch.set(all);
    await untilWatching(watch, all);
    const transactions = await givenTransactions(bootstrap, topic);
    await transactions.write(['a', 'b'], 'abort');
    await eventually('it is passed', () => seen.passed.at(-1)?.position === 3);
    await transactions.write(['c'], 'leave-open');
    expect(seen.records).toEqual([]);
    await transactions.end('commit');
    await eventually('it is told', () => seen.records.length > 0);
    expect(seen.records[0]).toMatchObject({ offset: 3 });
    await transactions.close();
  });

  test('a record that was there before is told; beyond the end and below the start is lost', async () => {
    const topic = await givenTopic(bootstrap, { partitions: 3 });
    const all = await watched(cluster, topic);
    for (const { partition } of all) await write(cluster, topic, partition, 5);
    await deleteRecords(bootstrap, topic, 1, 4);
    watch.set([all[0]!, { ...all[1]!, position: 2 }, { ...all[2]!, position: 9 }]);
    await eventually('all are told', () => seen.records.length === 1 && seen.lost.length === 2);
    expect(seen.records[0]).toMatchObject({ partition: 0, offset: 0 });
    expect(seen.lost.map(({ code }) => code)).toEqual(['OFFSET_OUT_OF_RANGE', 'OFFSET_OUT_OF_RANGE']);
  });

  test('what is taken out is not told, what is put in again is watched from its new position', async () => {
    const topic = await givenTopic(bootstrap, { partitions: 2 });
    const all = await watched(cluster, topic);
    watch.set(all);
    await untilWatching(watch, all);
    watch.set([all[1]!]);
    await write(cluster, topic, 0);
    await write(cluster, topic, 1);
    await eventually('the other is told', () => seen.records.length > 0);
    expect(seen.records.map((r) => r.partition)).toEqual([1]);
    watch.set([{ ...all[0]!, position: 1 }]);
    await untilWatching(watch, [all[0]!]);
    await write(cluster, topic, 0);
    await eventually('the first is told', () => seen.records.length > 1);
    expect(seen.records[1]).toMatchObject({ partition: 0, offset: 1 });
  });

  test('a topic that is another one now is lost', async () => {
    const topic = await givenTopic(bootstrap);
    const [one] = await watched(cluster, topic);
    watch.set([{ ...one!, topicId: '11111111-1111-4111-8111-111111111111' }]);
    await eventually('it is lost', () => seen.lost.length > 0);
    expect(seen.lost[0]).toMatchObject({ code: 'TOPIC_RECREATED' });
  });
});

describe('through faults', () => {
  let broker: CuttableBroker;
  let world: ReturnType<typeof given>;
  beforeAll(async () => {
    broker = await startCuttableBroker();
    world = given(broker.bootstrap);
  });
  afterAll(async () => {
    await world.close();
    await broker.dispose();
  });

  test('cut connections and a broker that restarts: a record afterwards is told', async () => {
    const { cluster, seen, watch } = world;
    const topic = await givenTopic(broker.bootstrap, { partitions: 2 });
    const all = await watched(cluster, topic);
    watch.set(all);
    await untilWatching(watch, all);
    expect(broker.cut()).toBeGreaterThan(0);
    await write(cluster, topic, 0);
    await eventually('it is told after a cut', () => seen.records.length === 1);
    await broker.broker.stop();
    await broker.broker.start();
    await eventually('the broker takes a record', () =>
      write(cluster, topic, 1).then(
        () => true,
        () => false,
      ),
    );
    await eventually('it is told after a restart', () => seen.records.length === 2);
    expect(seen.lost).toEqual([]);
  });
});
