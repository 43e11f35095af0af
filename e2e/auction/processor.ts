/** A stand-in for a stream processor: reads items and bids, closes auctions, writes `item-complete`. Keeps its state in memory only. */
import { type Consumer, Partitioners, type Producer } from 'kafkajs';
import { OpenAuctions } from './auctions.ts';
import { type Bid, dataOf, type ListedItem, messageOf } from './events.ts';
import { connection, type TopicNames, topics } from './topics.ts';

export interface ProcessorPlan {
  readonly bootstrap: string;
  /** Default 2,000. */
  readonly graceMs?: number;
  /** Default: the auction's own. */
  readonly topics?: Pick<TopicNames, 'items' | 'bids' | 'itemComplete'>;
}

export interface Processor {
  /** Auctions that have begun and not ended. */
  open(): number;
  /** Ids of the `item-complete` events that Kafka acknowledged, in order. */
  readonly completed: readonly string[];
  /** Rejects when reading or writing failed for good; else resolves after `stop`. */
  readonly finished: Promise<void>;
  /** Open auctions are forgotten. */
  stop(): Promise<void>;
}

const closeEveryMs = 200;

/** Resolves when it reads: what comes into the topics from now on is seen. */
export async function startProcessor(plan: ProcessorPlan): Promise<Processor> {
  const names = plan.topics ?? topics;
  const kafka = connection(plan.bootstrap);
  const groupId = `auction-processor-${crypto.randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 200 });
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  const admin = kafka.admin();
  await Promise.all([admin.connect(), consumer.connect(), producer.connect()]);
  const auctions = new OpenAuctions({ graceMs: plan.graceMs ?? 2_000 });
  const completed: string[] = [];
  const failed = Promise.withResolvers<never>();
  consumer.on('consumer.crash', ({ payload }) => payload.restart || failed.reject(payload.error));
  const ends = await Promise.all(
    [names.items, names.bids].map(async (topic) => ({ topic, ends: await admin.fetchTopicOffsets(topic) })),
  );
  await read(consumer, names, auctions);
  // From where the topics end now: "latest" would mean wherever they end when the first fetch gets there.
  for (const { topic, ends: partitions } of ends) {
    for (const { partition, high } of partitions) consumer.seek({ topic, partition, offset: high });
  }
  const stopping = new AbortController();
  const closing = closeDue(producer, names.itemComplete, auctions, completed, stopping.signal);
  const finished = Promise.race([failed.promise, closing]);
  finished.catch(() => {});
  return {
    open: () => auctions.size,
    completed,
    finished,
    stop: async () => {
      stopping.abort();
      await finished.catch(() => {});
      await Promise.all([consumer.disconnect(), producer.disconnect()]);
      await admin.deleteGroups([groupId]).finally(() => admin.disconnect());
    },
  };
}

async function read(
  consumer: Consumer,
  { items, bids }: Pick<TopicNames, 'items' | 'bids'>,
  auctions: OpenAuctions,
): Promise<void> {
  await consumer.subscribe({ topics: [items, bids], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { topic, messages } }) => {
      const atMs = Date.now();
      for (const { value, headers } of messages) {
        const data = dataOf(value, headers ?? {});
        if (topic === items) auctions.listed(data as ListedItem, atMs);
        else auctions.bid(data as Bid, atMs);
      }
    },
  });
}

async function closeDue(
  producer: Producer,
  topic: string,
  auctions: OpenAuctions,
  completed: string[],
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    const events = auctions.due(Date.now());
    if (events.length > 0) {
      await producer.send({ topic, acks: -1, messages: events.map((event) => messageOf(event, 'Binary')) });
      completed.push(...events.map(({ id }) => id));
    }
    await new Promise((resolve) => setTimeout(resolve, closeEveryMs));
  }
}
