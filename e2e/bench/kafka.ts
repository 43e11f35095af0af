/** Kafka as the benchmark needs it: topics, records from the load's own client, and initial positions as the scout commits them. */
import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { kafkaRoom } from '../../functions-runtime/kafka/index.ts';

export class LoadKafka {
  readonly bootstrap: string;
  readonly #admin: Admin;
  readonly #producer: Producer;

  private constructor(bootstrap: string) {
    this.bootstrap = bootstrap;
    const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
    this.#admin = kafka.admin();
    this.#producer = kafka.producer({ allowAutoTopicCreation: false });
  }

  static async connect(bootstrap: string): Promise<LoadKafka> {
    const kafka = new LoadKafka(bootstrap);
    await kafka.#admin.connect();
    await kafka.#producer.connect();
    return kafka;
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
    await this.#admin.disconnect();
  }

  async topic(
    partitions: number,
    configs: Readonly<Record<string, string>> = {},
    name: string = randomUUID(),
  ): Promise<string> {
    const configEntries = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
    const topics = [{ topic: name, numPartitions: partitions, replicationFactor: 1, configEntries }];
    await this.#admin.createTopics({ topics, waitForLeaders: true });
    return name;
  }

  async send(topic: string, messages: Message[]): Promise<void> {
    await this.#producer.send({ topic, messages });
  }

  /** The start of each partition, for a group that has no commits yet. */
  async position(group: string, topic: string, partitions: number): Promise<void> {
    const cluster = kafkaRoom.connect([this.bootstrap], 'bench');
    const rows = Array.from({ length: partitions }, (_, partition) => ({ partition, offset: 0, metadata: '' }));
    const outcome = await cluster.commitOffsets(group, topic, rows, { kind: 'administrator' });
    await cluster.close();
    if (outcome.kind === 'failed') throw new Error(outcome.message);
  }
}
