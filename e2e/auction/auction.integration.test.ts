// Traffic and processor on a real broker: what is sent is there once and in order, and every listed item completes.
import { Partitioners } from 'kafkajs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { identityOf } from '../judge/identity.ts';
import { readTopics } from '../judge/reader.ts';
import { dataOf, type ItemComplete, type ListedItem, messageOf } from './events.ts';
import { startProcessor } from './processor.ts';
import { connection, createTopics, partitions, type TopicNames, topics } from './topics.ts';
import { startTraffic } from './traffic.ts';

const prefix = `t${crypto.randomUUID().slice(0, 8)}.`;
const names = Object.fromEntries(
  Object.entries(topics).map(([name, topic]) => [name, `${prefix}${topic}`]),
) as unknown as TopicNames;
const bootstrap = inject('kafkaBootstrap');
const plan = { bootstrap, seed: 3, run: 'it', openForMs: 400, topics: names };

beforeAll(async () => {
  await createTopics(bootstrap, Object.values(names));
  // Again: what exists stays.
  await createTopics(bootstrap, Object.values(names));
});

describe('traffic', () => {
  it('every event that was acknowledged is in its topic once, keyed by its item', async () => {
    const traffic = await startTraffic({ ...plan, phases: [{ forMs: 1_000, eventsPerSecond: 800 }] });
    const { items, bids } = await traffic.finished;
    expect(items.length + bids.length).toBe(800);
    const read = await readTopics(
      { bootstrap, topics: [names.placedItems, names.placedBids] },
      ({ partition, message }) => ({
        partition,
        key: message.key?.toString(),
        id: identityOf({ value: message.value, headers: message.headers ?? {} }).id,
        data: dataOf(message.value, message.headers ?? {}) as { item: string },
      }),
    );
    const placedItems = read.get(names.placedItems) ?? [];
    const placedBids = read.get(names.placedBids) ?? [];
    expect(placedItems.map(({ id }) => id).sort()).toEqual(items.toSorted());
    expect(placedBids.map(({ id }) => id).sort()).toEqual(bids.toSorted());
    const partitionOf = new Map(placedItems.map(({ key, partition }) => [key, partition]));
    for (const { key, data, partition } of placedBids) {
      expect(key).toBe(data.item);
      // Same key, same number of partitions, same partition: items and bids can be joined.
      expect(partition).toBe(partitionOf.get(key));
    }
    expect(new Set(placedBids.map(({ partition }) => partition)).size).toBeGreaterThan(partitions / 2);
  });

  it('ends early when it is stopped', async () => {
    const traffic = await startTraffic({ ...plan, run: 'stopped', phases: [{ forMs: 600_000, eventsPerSecond: 100 }] });
    await expect.poll(() => traffic.sent.bids.length).toBeGreaterThan(0);
    traffic.stop();
    const { items, bids } = await traffic.finished;
    expect(items.length + bids.length).toBeLessThan(1_000);
  });
});

describe('the processor', () => {
  const listed = (item: string): ListedItem => ({
    item,
    seller: 'p1',
    category: 'maps',
    location: 'Paris',
    cell: 'u09t',
    reserve: 100,
    opensAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 300).toISOString(),
  });
  const event = <T extends { item: string }>(id: string, data: T) =>
    messageOf({ id, type: 't', source: '/functions', item: data.item, timeMs: Date.now(), data }, 'Binary');

  it('closes what was listed after it began, with its bids', async () => {
    const producer = connection(bootstrap).producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const list = (items: string[]) =>
      producer.send({ topic: names.items, messages: items.map((item) => event(`${item}/0`, listed(item))) });
    await list(['before']);
    const processor = await startProcessor({ bootstrap, graceMs: 500, topics: names });
    const items = Array.from({ length: 20 }, (_, n) => `item-${n}`);
    const bids = items.map((item, n) => ({ bid: `bid-${n}`, item, bidder: `p${n}`, amount: 100 + n }));
    await producer.send({ topic: names.bids, messages: bids.map((bid) => event(`${bid.bid}/0`, bid)) });
    await list(items);
    await expect.poll(() => processor.completed.length, { timeout: 20_000 }).toBe(20);
    expect(processor.open()).toBe(0);
    await Promise.all([processor.stop(), producer.disconnect()]);
    await processor.finished;

    const read = await readTopics({ bootstrap, topics: [names.itemComplete] }, ({ message }) => {
      return dataOf(message.value, message.headers ?? {}) as ItemComplete;
    });
    const ends = (read.get(names.itemComplete) ?? []).map(({ item, winner, price }) => ({ item, winner, price }));
    const expected = bids.map(({ item, bidder, amount }) => ({ item, winner: bidder, price: amount }));
    const byItem = (a: { item: string }, b: { item: string }) => a.item.localeCompare(b.item);
    expect(ends.sort(byItem)).toEqual(expected.sort(byItem));
  });
});
