// The judge on a real broker: it finds in topics what was put there, in both content modes, past batches and empty partitions.
import { Kafka, logLevel, type Message, Partitioners } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTopics } from '../auction/topics.ts';
import { judgeTopics } from './judge-topics.ts';

const run = crypto.randomUUID().slice(0, 8);
const [source, items, rejected, dlt] = ['placed', 'items', 'rejected', 'dlt'].map((name) => `judge-${run}.${name}`) as [
  string,
  string,
  string,
  string,
];
const kafka = new Kafka({ brokers: [inject('kafkaBootstrap')], logLevel: logLevel.NOTHING });
// Idempotent: a request that the client repeats must not put an event into a topic twice, or the test would lie about what is there.
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
  idempotent: true,
  maxInFlightRequests: 1,
});
const send = (topic: string, messages: Message[]) => producer.send({ topic, acks: -1, messages });

const ids = Array.from({ length: 900 }, (_, n) => `e${n}`);
const partitionOf = (id: string): number => Number(id.slice(1)) % 3;
const binary = (id: string, cause?: string): Message => ({
  partition: partitionOf(cause ?? id),
  value: '{}',
  headers: { ce_id: id, ...(cause === undefined ? {} : { ce_causationid: cause }) },
});
const structured = (id: string, cause: string): Message => ({
  partition: partitionOf(cause),
  value: JSON.stringify({ specversion: '1.0', id, causationid: cause }),
  headers: { 'content-type': 'application/cloudevents+json' },
});
const theCase = () => ({
  bootstrap: inject('kafkaBootstrap'),
  source,
  outputs: [items, rejected],
  deadLetter: dlt,
  generated: ids,
});

beforeAll(async () => {
  await createTopics(inject('kafkaBootstrap'), [source, items, rejected, dlt], 4);
  await producer.connect();
  for (let at = 0; at < ids.length; at += 300)
    await send(
      source,
      ids.slice(at, at + 300).map((id) => binary(id)),
    );
  const accepted = ids.filter((id) => id !== 'e1' && id !== 'e2');
  for (let at = 0; at < accepted.length; at += 250) {
    await send(
      items,
      accepted.slice(at, at + 250).map((id) => binary(`${id}/0`, id)),
    );
  }
  await send(rejected, [structured('e1/0', 'e1')]);
  await send(dlt, [binary('e2')]);
});
afterAll(async () => producer.disconnect());

describe('judgeTopics', () => {
  it('finds nothing wrong where nothing is, and leaves no group behind', async () => {
    expect(await judgeTopics(theCase())).toMatchObject({
      isFlawless: true,
      generated: 900,
      found: 900,
      repeatedInSource: [],
      records: { [items]: 898, [rejected]: 1, [dlt]: 1 },
    });
    const admin = kafka.admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    await admin.disconnect();
    expect(groups.filter(({ groupId }) => groupId.startsWith('headrace-judge-'))).toEqual([]);
  });

  it('finds what is added: a lost, a swapped, a repeated and a doubly routed one', async () => {
    await send(source, [binary('e900'), binary('e903'), binary('e906')]);
    await send(items, [binary('e906/0', 'e906'), binary('e903/0', 'e903'), binary('e5/0', 'e5')]);
    await send(rejected, [structured('e8/0', 'e8')]);
    const verdict = await judgeTopics(theCase());
    expect(verdict.lost.map(({ id }) => id)).toEqual(['e900']);
    expect(verdict.swapped.map(({ id }) => id)).toEqual(['e903']);
    expect(verdict.duplicates.map(({ id }) => id)).toEqual(['e5']);
    expect(verdict.misrouted).toEqual([{ id: 'e8', topics: [items, rejected] }]);
  });

  it('rejects when a topic is missing', async () => {
    await expect(judgeTopics({ ...theCase(), deadLetter: `${dlt}.absent` })).rejects.toThrow();
  });
});
