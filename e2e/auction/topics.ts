/** The auction's topics, and their creation. */
import { Kafka, logLevel } from 'kafkajs';

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

/** Creates what is missing, with one replica; what exists stays as it is. */
export async function createTopics(bootstrap: string, names: TopicNames = topics): Promise<void> {
  const admin = connection(bootstrap).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      topics: Object.values(names).map((topic) => ({ topic, numPartitions: partitions, replicationFactor: 1 })),
      waitForLeaders: true,
    });
  } finally {
    await admin.disconnect();
  }
}

export const connection = (bootstrap: string): Kafka =>
  new Kafka({
    clientId: 'headrace-auction',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 10, initialRetryTime: 100, maxRetryTime: 2_000 },
  });
