// Kafka as scenarios use it, by a client that is none of ours: topics, records, ends, committed positions.
import { type IHeaders, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { eventually } from '../then/eventually.ts';

export interface RecordToSend {
  readonly key: string | null;
  readonly value: string | Buffer | null;
  readonly headers?: IHeaders;
  /** Unix ms as text. */
  readonly timestamp?: string;
  /** Kafkajs chooses by key where it is not given. */
  readonly partition?: number;
}

/** Of a topic, by Kafka's names. */
export type TopicSettings = Readonly<Record<string, string>>;

export interface Topics {
  /** Topic → partitions. Made with one replica and the given settings; usable when this resolves. */
  create(partitions: Readonly<Record<string, number>>, settings?: TopicSettings): Promise<void>;
  /** Acknowledged by all in-sync replicas when this resolves. */
  send(topic: string, records: readonly RecordToSend[]): Promise<void>;
  /** Records ever written, over all partitions. */
  ends(topic: string): Promise<number>;
  /** Records between the group's committed positions and the ends; a partition without a commit counts from its start. */
  lag(group: string, topic: string): Promise<number>;
  /** Removes the topics that `create` made, and closes the connections. */
  close(): Promise<void>;
}

export async function connectTopics(bootstrap: string): Promise<Topics> {
  const kafka = new Kafka({
    clientId: 'headrace-e2e',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    // A broker may restart under a scenario, and start for a minute on a busy machine: two minutes of trying, as long as the restart is waited for.
    retry: { retries: 120, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
  const admin = kafka.admin();
  const producer: Producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    // One request at a time: the order of sending is the order in the log.
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await Promise.all([admin.connect(), producer.connect()]);
  const made: string[] = [];
  return {
    create: async (partitions, settings = {}) => {
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
      const topics = Object.entries(partitions).map(([topic, numPartitions]) => ({
        ...{ topic, numPartitions, replicationFactor: 1, configEntries },
      }));
      await admin.createTopics({ topics, waitForLeaders: false });
      made.push(...topics.map(({ topic }) => topic));
      // A broker knows of a new topic before it leads its partitions.
      for (const { topic, numPartitions } of topics) {
        await eventually(
          `${topic} is led`,
          { withinMs: 15_000, everyMs: 100 },
          () => admin.fetchTopicOffsets(topic),
          (offsets) => offsets.length === numPartitions,
        );
      }
    },
    send: async (topic, messages) => {
      await producer.send({ topic, acks: -1, messages: messages.map((message) => ({ ...message })) });
    },
    ends: async (topic) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets.reduce((sum, { high }) => sum + Number(high), 0);
    },
    lag: async (groupId, topic) => {
      const [ends, groups] = await Promise.all([
        admin.fetchTopicOffsets(topic),
        admin.fetchOffsets({ groupId, topics: [topic] }),
      ]);
      const committed = new Map(groups[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      return ends.reduce(
        (sum, { partition, high, low }) =>
          sum + Math.max(0, Number(high) - Math.max(Number(low), committed.get(partition) ?? 0)),
        0,
      );
    },
    close: async () => {
      try {
        if (made.length > 0) await admin.deleteTopics({ topics: made });
      } finally {
        await Promise.all([admin.disconnect(), producer.disconnect()]);
      }
    },
  };
}
