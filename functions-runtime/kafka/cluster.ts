/** One Kafka cluster: looks topics and offsets up, commits, describes groups; retries what may pass, on connections by purpose. */
import { parseAddress } from './addresses.ts';
import { ClusterMap, type TopicMap } from './cluster-map.ts';
import { Connections, type ConnectionsOptions } from './connections.ts';
import { asksForCoordinator, asksForLeader, failed, ok } from './failures.ts';
import { type GroupInfo, readGroup } from './group-answers.ts';
import { type Listed, ListQueries } from './list-queries.ts';
import { timestampOf } from './offset-answers.ts';
import { OffsetQueries } from './offset-queries.ts';
import { type Patience, usualPatience, withPatience } from './patience.ts';
import type { CommittedOffset, Committer, KafkaCluster, KafkaOutcome, OffsetToCommit, TopicInfo } from './ports.ts';
import { ask, type Connection, refusal, type WireAnswer, wire } from './wire.ts';

const requestTimeoutMs = 10_000;

export interface ClusterOptions {
  readonly patience?: Patience;
}

/** Connects lazily: the first request opens the first connection. */
export function connectCluster(
  bootstrapServers: readonly string[],
  clientId: string,
  options: ClusterOptions = {},
): WireCluster {
  return new WireCluster(bootstrapServers, clientId, options);
}

export class WireCluster implements KafkaCluster {
  readonly map: ClusterMap;
  readonly #clientId: string;
  readonly #patience: Patience;
  readonly #pools = new Set<Connections>();
  readonly #coordinatorConnections: Connections;
  readonly #listQueries: ListQueries;
  readonly #offsetQueries: OffsetQueries;
  readonly #closing = new AbortController();

  constructor(bootstrapServers: readonly string[], clientId: string, options: ClusterOptions) {
    this.#clientId = clientId;
    this.#patience = options.patience ?? usualPatience;
    this.#listQueries = new ListQueries(this.newConnections({ requestTimeoutMs }));
    this.#coordinatorConnections = this.newConnections({ requestTimeoutMs });
    this.map = new ClusterMap(bootstrapServers.map(parseAddress), this.newConnections({ requestTimeoutMs }));
    this.#offsetQueries = new OffsetQueries(this.map, this.#coordinatorConnections);
  }

  /** Connections for one purpose more; closed with the cluster. */
  newConnections(options: ConnectionsOptions): Connections {
    const pool = new Connections(this.#clientId, options);
    this.#pools.add(pool);
    return pool;
  }

  /** Closes connections that `newConnections` gave. */
  async release(pool: Connections): Promise<void> {
    this.#pools.delete(pool);
    await pool.close();
  }

  async describeTopic(topic: string): Promise<KafkaOutcome<TopicInfo>> {
    const found = await withPatience(
      () => this.map.lookUpTopic(topic),
      this.#patience,
      this.#closing.signal,
      // A topic that is not there is an answer, not a hiccup: who asks wants to know it now.
      ({ retriable, code }) => retriable && code !== 'UNKNOWN_TOPIC_OR_PARTITION',
    );
    return infoOf(topic, found);
  }

  async describeTopics(
    topics: readonly string[],
    maxAgeMs: number,
  ): Promise<ReadonlyMap<string, KafkaOutcome<TopicInfo>>> {
    const found = await this.map.topics(topics, maxAgeMs);
    return new Map([...found].map(([topic, map]) => [topic, infoOf(topic, map)]));
  }

  async listOffsets(
    topic: string,
    partitions: readonly number[],
    at: 'earliest' | 'latest' | number,
  ): Promise<KafkaOutcome<ReadonlyMap<number, number>>> {
    const found = new Map<number, number>();
    const all = await this.#listOffsetsInto(found, topic, partitions, timestampOf(at), 'committed');
    if (all.kind === 'failed') return all;
    const later = partitions.filter((partition) => found.get(partition) === -1);
    if (later.length > 0) {
      const ends = await this.#listOffsetsInto(found, topic, later, timestampOf('latest'), 'committed');
      if (ends.kind === 'failed') return ends;
    }
    return ok(found);
  }

  /** First offset and high watermark of a partition: between them a fetch is in range. */
  async logBounds(topic: string, partition: number): Promise<KafkaOutcome<{ start: number; end: number }>> {
    const starts = new Map<number, number>();
    const ends = new Map<number, number>();
    const start = await this.#listOffsetsInto(starts, topic, [partition], timestampOf('earliest'), 'all');
    if (start.kind === 'failed') return start;
    const end = await this.#listOffsetsInto(ends, topic, [partition], timestampOf('latest'), 'all');
    if (end.kind === 'failed') return end;
    return ok({ start: starts.get(partition)!, end: ends.get(partition)! });
  }

  fetchOffsets(
    group: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<KafkaOutcome<readonly CommittedOffset[]>> {
    return this.#patiently(() => this.#offsetQueries.ask(group, topic, partitions));
  }

  async commitOffsets(
    group: string,
    topic: string,
    offsets: readonly OffsetToCommit[],
    by: Committer,
  ): Promise<KafkaOutcome<null>> {
    if (offsets.length === 0) return ok(null);
    const memberId = by.kind === 'member' ? by.memberId : '';
    const memberEpoch = by.kind === 'member' ? by.memberEpoch : -1;
    const rows = offsets.map(({ partition, offset, metadata }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: metadata,
    }));
    return this.#askCoordinator<{ topics: { partitions: { partitionIndex: number; errorCode: number }[] }[] }, null>(
      group,
      (connection) =>
        ask(wire.commitOffsets, connection, group, memberEpoch, memberId, null, [{ name: topic, partitions: rows }]),
      (response) => {
        for (const { partitionIndex, errorCode } of response.topics.flatMap(({ partitions }) => partitions)) {
          const refused = refusal(errorCode, `commit of group ${group}, ${topic}-${partitionIndex}`);
          if (refused) return refused;
        }
        return ok(null);
      },
    );
  }

  describeGroup(group: string): Promise<KafkaOutcome<GroupInfo>> {
    return this.#patiently(() => this.describeGroupOnce(group, this.#coordinatorConnections));
  }

  describeGroupOnce(group: string, connections: Connections): Promise<KafkaOutcome<GroupInfo>> {
    return this.askCoordinatorOnce(
      group,
      connections,
      (connection) => ask(wire.describeGroup, connection, [group], false),
      (response) => readGroup(response, group),
    );
  }

  #askCoordinator<R, T>(
    group: string,
    question: (connection: Connection) => Promise<WireAnswer<R>>,
    read: (response: R) => KafkaOutcome<T>,
  ): Promise<KafkaOutcome<T>> {
    return this.#patiently(() => this.askCoordinatorOnce(group, this.#coordinatorConnections, question, read));
  }

  /** One try of a request to a group's coordinator, which is found anew for the next when it moved. */
  async askCoordinatorOnce<R, T>(
    group: string,
    connections: Connections,
    question: (connection: Connection) => Promise<WireAnswer<R>>,
    read: (response: R) => KafkaOutcome<T>,
  ): Promise<KafkaOutcome<T>> {
    const address = await this.map.coordinatorOf(group);
    if (address.kind === 'failed') return address;
    const connection = await connections.to(address.value);
    const answer = connection.kind === 'failed' ? connection : await question(connection.value);
    const outcome = answer.kind === 'failed' ? answer : read(answer.response);
    if (outcome.kind === 'failed' && asksForCoordinator(outcome)) this.map.forgetCoordinator(group);
    return outcome;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const pools = [...this.#pools];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.close()));
  }

  #patiently<T>(attempt: () => Promise<KafkaOutcome<T>>): Promise<KafkaOutcome<T>> {
    return withPatience(attempt, this.#patience, this.#closing.signal);
  }

  /** Asks the leaders; a partition found stays found when another's leader has to be looked up again. */
  #listOffsetsInto(
    found: Map<number, number>,
    topic: string,
    partitions: readonly number[],
    timestamp: bigint,
    visible: 'committed' | 'all',
  ): Promise<KafkaOutcome<null>> {
    const open = new Set(partitions);
    return this.#patiently(async () => {
      const map = await this.map.topic(topic);
      // A topic that is not there is an answer, not a hiccup.
      if (map.kind === 'failed')
        return { ...map, retriable: map.retriable && map.code !== 'UNKNOWN_TOPIC_OR_PARTITION' };
      const byLeader = Map.groupBy(open, (partition) => map.value.leaders.get(partition));
      const outcomes = await Promise.all(
        [...byLeader].map(([leader, theirs]) => this.#listOffsetsAt(leader, topic, theirs, timestamp, visible)),
      );
      let failure: KafkaOutcome<never> | undefined;
      for (const outcome of outcomes) {
        if (outcome.kind === 'failed') failure = outcome;
        else {
          for (const [partition, offset] of outcome.value.offsets) {
            found.set(partition, offset);
            open.delete(partition);
          }
          failure = outcome.value.failure ?? failure;
        }
      }
      if (failure === undefined) return ok(null);
      if (failure.kind === 'failed' && asksForLeader(failure)) this.map.forgetTopic(topic);
      return failure;
    });
  }

  #listOffsetsAt(
    leader: number | undefined,
    topic: string,
    partitions: readonly number[],
    timestamp: bigint,
    visible: 'committed' | 'all',
  ): Promise<KafkaOutcome<Listed>> {
    const broker = leader === undefined ? undefined : this.map.broker(leader);
    if (broker === undefined) {
      const message = `${topic}-${partitions.join(',')} has no leader now`;
      return Promise.resolve(failed('LEADER_NOT_AVAILABLE', message, true));
    }
    return this.#listQueries.ask({ broker, topic, partitions, timestamp, visible });
  }
}

const infoOf = (topic: string, found: KafkaOutcome<TopicMap>): KafkaOutcome<TopicInfo> =>
  found.kind === 'failed' ? found : ok({ topic, topicId: found.value.topicId, partitions: found.value.partitions });
