// The test broker is a real one: what is produced comes back, and survives an orderly restart and a crash.
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Broker, startBroker } from './broker.ts';

/** All values of a topic from its beginning, as a new group reads them, until `count` came. */
async function valuesOf(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `${topic}-${crypto.randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      // A new broker's coordinator may still load its first group; kafkajs then restarts the consumer by itself.
      consumer.on('consumer.crash', ({ payload }) => payload.restart || reject(payload.error));
      void consumer.run({
        eachMessage: async ({ message }) => {
          values.push(String(message.value));
          if (values.length >= count) resolve();
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
  return values;
}

async function produce(kafka: Kafka, topic: string, values: readonly string[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

async function createTopic(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }], waitForLeaders: true });
  await admin.disconnect();
}

function clientOf(bootstrap: string): Kafka {
  return new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 10, maxRetryTime: 2_000 } });
}

describe('the shared broker', () => {
  test('gives back what was produced, in order', async () => {
    const kafka = clientOf(inject('kafkaBootstrap'));
    const topic = `round-trip-${crypto.randomUUID()}`;
    await createTopic(kafka, topic);
    await produce(kafka, topic, ['one', 'two', 'three']);
    expect(await valuesOf(kafka, topic, 3)).toEqual(['one', 'two', 'three']);
  });

  test('creates no topic by itself', async () => {
    const kafka = clientOf(inject('kafkaBootstrap'));
    const admin = kafka.admin();
    await admin.connect();
    const topic = `absent-${crypto.randomUUID()}`;
    await expect(admin.fetchTopicMetadata({ topics: [topic] })).rejects.toThrow(/does not host this topic-partition/);
    expect(await admin.listTopics()).not.toContain(topic);
    await admin.disconnect();
  });
});

describe('a broker of a test’s own', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker();
  });
  afterAll(() => broker.dispose());

  test.each(['SIGTERM', 'SIGKILL'] as const)('keeps its address and its data over %s and start', async (signal) => {
    const kafka = clientOf(broker.bootstrap);
    const topic = `kept-${signal}`;
    await createTopic(kafka, topic);
    await produce(kafka, topic, ['before']);
    await broker.stop(signal);
    await broker.start();
    await produce(kafka, topic, ['after']);
    expect(await valuesOf(kafka, topic, 2)).toEqual(['before', 'after']);
  });

  test('answers nothing while paused, and goes on when resumed', async () => {
    const admin = clientOf(broker.bootstrap).admin();
    await admin.connect();
    await broker.pause();
    const answer = admin.listTopics();
    const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 1_000, 'silence'))]);
    expect(first).toBe('silence');
    broker.resume();
    expect(Array.isArray(await answer)).toBe(true);
    await admin.disconnect();
  });
});
