/** Where things are in the cluster: brokers, topic ids, leaders of partitions, coordinators of groups; cached until proven wrong. */
import { addressText, type BrokerAddress } from './addresses.ts';
import { missingCalls } from './broker-versions.ts';
import type { Connections } from './connections.ts';
import { failed, ok } from './failures.ts';
import type { KafkaFailure, KafkaOutcome } from './ports.ts';
import { ask, type Connection, refusal, type WireAnswer, wire } from './wire.ts';

export interface TopicMap {
  readonly topicId: string;
  /** Ascending. */
  readonly partitions: readonly number[];
  /** Broker id of each partition that has a leader now. */
  readonly leaders: ReadonlyMap<number, number>;
}

/** Leaders are looked up again after this even if nobody complained: partitions may have been added. */
const topicFreshMs = 300_000;

export class ClusterMap {
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #connections: Connections;
  readonly #brokers = new Map<number, BrokerAddress>();
  readonly #topics = new Map<string, { readonly map: TopicMap; readonly asOfMs: number }>();
  readonly #lookups = new Map<string, Promise<KafkaOutcome<TopicMap>>>();
  readonly #coordinators = new Map<string, BrokerAddress>();
  /** The address that answered last; tried first. */
  #good: BrokerAddress | undefined;
  #versionsChecked = false;

  constructor(bootstrap: readonly BrokerAddress[], connections: Connections) {
    this.#bootstrap = bootstrap;
    this.#connections = connections;
  }

  /** The topic as last seen. */
  async topic(name: string): Promise<KafkaOutcome<TopicMap>> {
    const cached = this.#topics.get(name);
    if (cached && performance.now() - cached.asOfMs < topicFreshMs) return ok(cached.map);
    return this.lookUpTopic(name);
  }

  /** The topic as a broker sees it now. */
  lookUpTopic(name: string): Promise<KafkaOutcome<TopicMap>> {
    const running = this.#lookups.get(name);
    if (running !== undefined) return running;
    const lookup = this.#askForTopic(name).finally(() => this.#lookups.delete(name));
    this.#lookups.set(name, lookup);
    return lookup;
  }

  /** Each name's topic, not older than `maxAgeMs`; what has to be looked up is looked up in one request. */
  async topics(names: readonly string[], maxAgeMs: number): Promise<ReadonlyMap<string, KafkaOutcome<TopicMap>>> {
    const now = performance.now();
    const found = new Map<string, KafkaOutcome<TopicMap>>();
    for (const name of names) {
      const cached = this.#topics.get(name);
      if (cached && now - cached.asOfMs < maxAgeMs) found.set(name, ok(cached.map));
    }
    const stale = [...new Set(names)].filter((name) => !found.has(name));
    if (stale.length > 0) for (const [name, topic] of await this.#askForTopics(stale)) found.set(name, topic);
    return found;
  }

  /** What was known of the topic has proven wrong: the next question goes to a broker. */
  forgetTopic(name: string): void {
    this.#topics.delete(name);
  }

  broker(id: number): BrokerAddress | undefined {
    return this.#brokers.get(id);
  }

  async coordinatorOf(group: string): Promise<KafkaOutcome<BrokerAddress>> {
    const known = this.#coordinators.get(group);
    if (known) return ok(known);
    const answer = await this.askAnyBroker((connection) => ask(wire.findCoordinator, connection, 0, [group]));
    if (answer.kind === 'failed') return answer;
    const found = answer.response.coordinators[0];
    if (found === undefined)
      return failed('COORDINATOR_NOT_AVAILABLE', `no coordinator named for group ${group}`, true);
    const refused = refusal(found.errorCode, `coordinator of group ${group}`, found.errorMessage);
    if (refused) return refused;
    const address = { host: found.host, port: found.port };
    this.#coordinators.set(group, address);
    return ok(address);
  }

  forgetCoordinator(group: string): void {
    this.#coordinators.delete(group);
  }

  /** Asks one broker after the other until one answers: the last good one, the known ones, those we were started with. */
  async askAnyBroker<R>(question: (connection: Connection) => Promise<WireAnswer<R>>): Promise<WireAnswer<R>> {
    const tried = new Map<string, KafkaFailure>();
    for (const address of [this.#good, ...this.#brokers.values(), ...this.#bootstrap]) {
      if (address === undefined || tried.has(addressText(address))) continue;
      const answer = await this.#askOne(address, question);
      if (answer.kind === 'answered') {
        this.#good = address;
        return answer;
      }
      tried.set(addressText(address), answer);
    }
    this.#good = undefined;
    const failures = [...tried.values()];
    const first = failures[0] ?? failed('BROKER_UNREACHABLE', 'no bootstrap server was given', false);
    if (failures.length <= 1) return first;
    const message = failures.map((failure) => failure.message).join('; ');
    return failed(
      first.code,
      message,
      failures.some((failure) => failure.retriable),
    );
  }

  async #askOne<R>(
    address: BrokerAddress,
    question: (connection: Connection) => Promise<WireAnswer<R>>,
  ): Promise<WireAnswer<R>> {
    const connection = await this.#connections.to(address);
    if (connection.kind === 'failed') return connection;
    if (!this.#versionsChecked) {
      const unfit = await this.#checkVersions(address, connection.value);
      if (unfit) return unfit;
      this.#versionsChecked = true;
    }
    return question(connection.value);
  }

  /** A broker that does not know a call just cuts the connection: asked first, it can be told from a broken network. */
  async #checkVersions(address: BrokerAddress, connection: Connection): Promise<KafkaFailure | undefined> {
    const answer = await ask(wire.apiVersions, connection, 'headrace', '1');
    if (answer.kind === 'failed') return answer;
    const missing = missingCalls(answer.response.apiKeys);
    if (missing.length === 0) return undefined;
    const message = `broker ${addressText(address)} does not offer ${missing.join(', ')}: Kafka 4.0 or newer is needed`;
    return failed('UNSUPPORTED_VERSION', message, false);
  }

  async #askForTopic(name: string): Promise<KafkaOutcome<TopicMap>> {
    return (await this.#askForTopics([name])).get(name)!;
  }

  async #askForTopics(names: readonly string[]): Promise<Map<string, KafkaOutcome<TopicMap>>> {
    const answer = await this.askAnyBroker((connection) => ask(wire.metadata, connection, [...names], false, false));
    if (answer.kind === 'failed') return new Map(names.map((name) => [name, answer]));
    for (const { nodeId, host, port } of answer.response.brokers) this.#brokers.set(nodeId, { host, port });
    const known = new Set(answer.response.brokers.map(({ nodeId }) => nodeId));
    for (const id of this.#brokers.keys()) if (!known.has(id)) this.#brokers.delete(id);
    const found = new Map(answer.response.topics.map((topic) => [topic.name, topic]));
    return new Map(names.map((name) => [name, this.#noted(name, found.get(name))]));
  }

  #noted(name: string, topic: TopicAnswer | undefined): KafkaOutcome<TopicMap> {
    const what = `topic ${name}`;
    if (topic === undefined) return failed('UNKNOWN_TOPIC_OR_PARTITION', `${what}: not in the broker's answer`, true);
    const refused = refusal(topic.errorCode, what);
    if (refused?.code === 'UNKNOWN_TOPIC_OR_PARTITION') this.#topics.delete(name);
    if (refused) return refused;
    const byIndex = topic.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
    const map: TopicMap = {
      topicId: topic.topicId,
      partitions: byIndex.map(({ partitionIndex }) => partitionIndex),
      leaders: new Map(byIndex.filter((p) => p.leaderId >= 0).map((p) => [p.partitionIndex, p.leaderId])),
    };
    this.#topics.set(name, { map, asOfMs: performance.now() });
    return ok(map);
  }
}

interface TopicAnswer {
  readonly errorCode: number;
  readonly topicId: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly leaderId: number }[];
}
