/** The independent eye on Kafka for tests: another client than the one that is judged creates topics, sends records, and reads what came out. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Admin,
  CompressionTypes,
  ConfigResourceTypes,
  type IHeaders,
  Kafka,
  logLevel,
  type Producer,
} from 'kafkajs';

export interface SentRecord {
  readonly partition: number;
  readonly key?: string | null;
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Unix ms. */
  readonly timestamp?: string;
}

export interface SeenRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
  readonly timestampMs: number;
}

export interface Reader {
  /** In the order of reading: per partition by offset. */
  readonly records: readonly SeenRecord[];
  stop(): Promise<void>;
}

/** Longer than a fetch waits for records (5 s). */
const requestTimeoutMs = 10_000;

export class KafkaJudge {
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  #producer: Producer;
  readonly #readers = new Set<Reader>();

  private constructor(bootstrap: string) {
    // A request that a restarted broker never answers must not keep the judge from looking for half a minute, as by default.
    this.#kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, requestTimeout: requestTimeoutMs });
    this.#admin = this.#kafka.admin();
    this.#producer = this.#newProducer();
  }

  /** Idempotent: a send that is tried again, when a broker went away, must not write its records twice. */
  #newProducer(): Producer {
    return this.#kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
  }

  static async start(bootstrap: string): Promise<KafkaJudge> {
    const judge = new KafkaJudge(bootstrap);
    await judge.#admin.connect();
    await judge.#producer.connect();
    return judge;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#readers].map((reader) => reader.stop()));
    await this.#producer.disconnect();
    await this.#admin.disconnect();
  }

  async topic(
    partitions: number,
    configs: Readonly<Record<string, string>> = {},
    name: string = randomUUID(),
    replicas = 1,
  ): Promise<string> {
    const configEntries = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
    const topics = [{ topic: name, numPartitions: partitions, replicationFactor: replicas, configEntries }];
    await this.#admin.createTopics({ topics, waitForLeaders: false });
    await untilServed(() => this.#admin.fetchTopicOffsets(name));
    return name;
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] });
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    await this.#admin.createPartitions({ topicPartitions: [{ topic, count }] });
    // A producer that knows the topic from before drops records for partitions that are new to it, without a word.
    await this.#producer.disconnect();
    this.#producer = this.#newProducer();
    await this.#producer.connect();
  }

  /** Replaces all settings of the topic by these. */
  async configure(topic: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
    await this.#admin.alterConfigs({ validateOnly: false, resources });
  }

  /** Deletes the records below `offset`. */
  async deleteRecords(topic: string, partition: number, offset: number): Promise<void> {
    const partitions = [{ partition, offset: String(offset) }];
    await untilServed(() => this.#admin.deleteTopicRecords({ topic, partitions }));
  }

  async send(topic: string, records: readonly SentRecord[]): Promise<void> {
    const messages = records.map(({ key = null, headers = {}, ...rest }) => ({ ...rest, key, headers }));
    await this.#producer.send({ topic, messages, compression: CompressionTypes.None });
  }

  /** Sends each batch in a transaction of its own, which is committed or aborted. */
  async sendInTransactions(
    topic: string,
    batches: readonly { readonly records: readonly SentRecord[]; readonly end: 'commit' | 'abort' }[],
  ): Promise<void> {
    const producer = this.#kafka.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    for (const { records, end } of batches) {
      const transaction = await producer.transaction();
      const messages = records.map(({ key = null, headers = {}, ...rest }) => ({ ...rest, key, headers }));
      await transaction.send({ topic, messages });
      await transaction[end]();
    }
    await producer.disconnect();
  }

  /** By partition: the offset that the next record will get. */
  async ends(topic: string): Promise<number[]> {
    const found = await this.#admin.fetchTopicOffsets(topic);
    return found.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
  }

  /** By partition; -1: no commit. */
  async committed(
    group: string,
    topic: string,
  ): Promise<{ readonly offset: number; readonly metadata: string | null }[]> {
    const [found] = await this.#admin.fetchOffsets({ groupId: group, topics: [topic] });
    const rows = (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition);
    return rows.map(({ offset, metadata }) => ({ offset: Number(offset), metadata }));
  }

  /** Reads the topic from its start until `stop`. */
  async read(topic: string): Promise<Reader> {
    const consumer = this.#kafka.consumer({
      groupId: randomUUID(),
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: 50,
    });
    const records: SeenRecord[] = [];
    // After a broker was away the reader's group forms anew and reads from the start again.
    const next = new Map<number, number>();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const { key, value, headers = {}, timestamp } = message;
        const offset = Number(message.offset);
        if (offset < (next.get(partition) ?? 0)) return;
        next.set(partition, offset + 1);
        records.push({ partition, offset, key, value, headers, timestampMs: Number(timestamp) });
      },
    });
    const reader: Reader = {
      records,
      stop: async () => {
        this.#readers.delete(reader);
        await consumer.disconnect();
      },
    };
    this.#readers.add(reader);
    return reader;
  }
}

const servedWithinMs = 10_000;

/** A topic that was just created is not known everywhere at once: the client's own patience is too short for it. */
async function untilServed(ask: () => Promise<unknown>): Promise<void> {
  const endMs = performance.now() + servedWithinMs;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await pause(20);
    }
  }
}
