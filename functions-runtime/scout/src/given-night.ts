// Test support: a broker of a file's own, whose requests are counted, with a scout; topics, bindings and records on it.
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import type { BindingSample, ScoutBinding } from '#contract/scout.ts';
import { eventually, givenTopic } from '#kafka/given-topics.ts';
import { type CountedBroker, startCountedBroker } from './given-counted-broker.ts';
import { type GivenScout, givenScout } from './given-scout.ts';

export class GivenNight {
  readonly broker: CountedBroker;
  readonly producer: Producer;
  readonly admin: Admin;
  scout: GivenScout;
  #bindings = 0;

  private constructor(broker: CountedBroker, clients: Pick<GivenNight, 'producer' | 'admin'>, scout: GivenScout) {
    this.broker = broker;
    this.producer = clients.producer;
    this.admin = clients.admin;
    this.scout = scout;
  }

  /** `properties`: of the broker; `env`: of the scout. */
  static async begin(
    properties: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<GivenNight> {
    const broker = await startCountedBroker({ properties });
    // Not through the proxy: only the scout's requests are counted.
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
    const clients = {
      producer: kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 }),
      admin: kafka.admin(),
    };
    await Promise.all([clients.producer.connect(), clients.admin.connect()]);
    return new GivenNight(broker, clients, await givenScout(env));
  }

  async restartScout(): Promise<void> {
    await this.scout.stop();
    this.scout = await givenScout();
  }

  bindingOf(topic: string, more: Partial<ScoutBinding> = {}): ScoutBinding {
    this.#bindings += 1;
    return {
      uid: `uid-${this.#bindings}`,
      name: `b-${this.#bindings}`,
      bootstrapServers: [this.broker.bootstrap],
      topic,
      consumerGroup: `night-${process.pid}-${this.#bindings}`,
      initialOffset: { kind: 'Latest' },
      mayPosition: true,
      requiredTopics: [],
      ...more,
    };
  }

  newTopic(partitions = 2, configs: Record<string, string> = {}): Promise<string> {
    return givenTopic(this.broker.bootstrap, { partitions, configs });
  }

  /** When it was acknowledged. */
  async write(topic: string, partition = 0, count = 1): Promise<number> {
    await this.producer.send({ topic, messages: Array.from({ length: count }, () => ({ value: 'v', partition })) });
    return performance.now();
  }

  async committed({ consumerGroup, topic }: ScoutBinding): Promise<string[]> {
    const [found] = await this.admin.fetchOffsets({ groupId: consumerGroup, topics: [topic] });
    return (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map((p) => p.offset);
  }

  async untilWatched(bindings: readonly ScoutBinding[]): Promise<void> {
    const watched = async (): Promise<boolean> =>
      (await this.scout.metric('headrace_scout_watched_bindings')) === bindings.length;
    await eventually('all are watched', watched, 40_000);
  }

  async end(): Promise<void> {
    await Promise.all([this.scout.stop(), this.producer.disconnect(), this.admin.disconnect()]);
    await this.broker.dispose();
  }
}

export const lagOf = ({ outcome }: BindingSample): number =>
  outcome.kind === 'sampled' ? outcome.partitions.reduce((sum, p) => sum + p.lag, 0) : Number.NaN;
