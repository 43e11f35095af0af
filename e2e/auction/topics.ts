/** The auction's topics, and their creation. */
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { until } from '../cluster/waiting.ts';

export const topics = {
  placedItems: 'auction.placed-items',
  placedItemsDeadLetter: 'auction.placed-items.dlt',
  items: 'auction.items',
  rejectedItems: 'auction.rejected-items',
  placedBids: 'auction.placed-bids',
  placedBidsDeadLetter: 'auction.placed-bids.dlt',
  bids: 'auction.bids',
  itemComplete: 'auction.item-complete',
  notifications: 'auction.notifications',
  notificationsDeadLetter: 'auction.notifications.dlt',
  analytics: 'auction.analytics',
  analyticsDeadLetter: 'auction.analytics.dlt',
} as const;

export type TopicNames = Readonly<Record<keyof typeof topics, string>>;

export const partitions = 8;

/** What became of each source, for the judge: `deadLetter` holds the source's own records. */
export const courses = [
  {
    binding: 'place-item',
    source: topics.placedItems,
    outputs: [topics.items, topics.rejectedItems],
    deadLetter: topics.placedItemsDeadLetter,
    perEvent: 'one',
  },
  {
    binding: 'place-bid',
    source: topics.placedBids,
    outputs: [topics.bids],
    deadLetter: topics.placedBidsDeadLetter,
    perEvent: 'one',
  },
  {
    binding: 'notify-bidders',
    source: topics.itemComplete,
    outputs: [topics.notifications],
    deadLetter: topics.notificationsDeadLetter,
    perEvent: 'many',
  },
  {
    binding: 'analytics',
    source: topics.itemComplete,
    outputs: [topics.analytics],
    deadLetter: topics.analyticsDeadLetter,
    perEvent: 'one',
  },
] as const;

/** Creates what is missing, with one replica; what exists stays as it is. Resolves when every partition has a leader that serves it. */
export async function createTopics(
  bootstrap: string,
  names: readonly string[] = Object.values(topics),
  numPartitions: number = partitions,
): Promise<void> {
  const admin = connection(bootstrap).admin();
  await admin.connect();
  try {
    // Not kafkajs's own wait for leaders: it gives up when a broker has not yet heard of the topic.
    await admin.createTopics({
      topics: names.map((topic) => ({ topic, numPartitions, replicationFactor: 1 })),
      waitForLeaders: false,
    });
    for (const topic of names) await untilServed(admin, topic);
  } finally {
    await admin.disconnect();
  }
}

async function untilServed(admin: Admin, topic: string): Promise<void> {
  let reason = '';
  const served = async () => {
    try {
      await admin.fetchTopicOffsets(topic);
      return true;
    } catch (error) {
      reason = String(error);
      return undefined;
    }
  };
  await until(`${topic} is served`, { atMostMs: 60_000, everyMs: 100 }, served, () => reason);
}

export const connection = (bootstrap: string): Kafka =>
  new Kafka({
    clientId: 'headrace-auction',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 10, initialRetryTime: 100, maxRetryTime: 2_000 },
  });
