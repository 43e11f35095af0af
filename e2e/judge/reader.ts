/** Reads topics whole, from their beginning to where they ended when the reading began, with a client that is none of ours. */
import { type Consumer, Kafka, type KafkaMessage, logLevel } from 'kafkajs';

export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly message: KafkaMessage;
}

export interface Reading {
  readonly bootstrap: string;
  readonly topics: readonly string[];
  /** Default 120,000. */
  readonly atMostMs?: number;
  /** True: records of aborted transactions too. */
  readonly uncommitted?: boolean;
}

/** What is kept of each record is for `keep` to say: whole topics may not fit. Rejects when the time is over, naming where it stood. */
export async function readTopics<T>(reading: Reading, keep: (record: ReadRecord) => T): Promise<Map<string, T[]>> {
  const kafka = new Kafka({
    clientId: 'headrace-judge',
    brokers: [reading.bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 10, maxRetryTime: 2_000 },
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const left = await endsOf(reading.topics, admin);
    const kept = new Map(reading.topics.map((topic): [string, T[]] => [topic, []]));
    if (left.size === 0) return kept;
    const groupId = `headrace-judge-${crypto.randomUUID()}`;
    const readUncommitted = reading.uncommitted === true;
    const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 100, readUncommitted });
    try {
      await consume(consumer, reading, left, (topic, record) => kept.get(topic)?.push(keep(record)));
    } finally {
      await consumer.disconnect();
      await admin.deleteGroups([groupId]);
    }
    return kept;
  } finally {
    await admin.disconnect();
  }
}

/** First offset that is not to be read any more, of every partition that holds anything. */
type Left = Map<string, number>;
const keyOf = (topic: string, partition: number): string => `${topic}[${partition}]`;

async function endsOf(topics: readonly string[], admin: ReturnType<Kafka['admin']>): Promise<Left> {
  const left: Left = new Map();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (Number(high) > Number(low)) left.set(keyOf(topic, partition), Number(high));
    }
  }
  return left;
}

async function consume(
  consumer: Consumer,
  { topics, atMostMs = 120_000 }: Reading,
  left: Left,
  take: (topic: string, record: ReadRecord) => void,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  const done = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    const where = [...left].map(([partition, end]) => `${partition} to ${end}`).join(', ');
    done.reject(new Error(`reading: not within ${atMostMs / 1000} s; still to read: ${where}`));
  }, atMostMs);
  consumer.on('consumer.crash', ({ payload }) => payload.restart || done.reject(payload.error));
  try {
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        const key = keyOf(topic, partition);
        const end = left.get(key);
        if (end === undefined) return;
        for (const message of messages) {
          const offset = Number(message.offset);
          if (offset < end) take(topic, { partition, offset, message });
          if (offset >= end - 1) left.delete(key);
        }
        if (left.size === 0) done.resolve();
      },
    });
    await done.promise;
  } finally {
    clearTimeout(timer);
  }
}
