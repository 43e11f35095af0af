/** What the Kafka room offers to scout and invoker: plain numbers and closed outcomes, nothing of the client library shows. */

/** Offsets are plain numbers, exact below 2^53. `2 ** 53` in an answer stands for itself and all above it, where nothing is read. */
export interface FetchedRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In order, names may repeat. */
  readonly headers: readonly (readonly [name: Buffer, value: Buffer | null])[];
}

export interface ProducedRecord {
  readonly topic: string;
  /** Absent: by key as Kafka's default partitioner does (murmur2 of the key; null key: round robin). */
  readonly partition?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: Buffer, value: Buffer | null])[];
  readonly timestampMs?: number;
}

/** Why a request to Kafka did not succeed. `retriable`: the same request may succeed later without anybody's help. */
export interface KafkaFailure {
  readonly kind: 'failed';
  /** Kafka's error name (`UNKNOWN_TOPIC_OR_PARTITION` …) or `BROKER_UNREACHABLE`, `REQUEST_TIMEOUT`. */
  readonly code: string;
  readonly message: string;
  readonly retriable: boolean;
}
export type KafkaOutcome<T> = { readonly kind: 'ok'; readonly value: T } | KafkaFailure;

export interface TopicInfo {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly number[];
}

export interface CommittedOffset {
  readonly partition: number;
  /** null: no commit. */
  readonly offset: number | null;
  readonly metadata: string;
}
export interface OffsetToCommit {
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
}

/** Who commits: a member (fenced by id and epoch), or an administrator of an empty group. */
export type Committer =
  | { readonly kind: 'member'; readonly memberId: string; readonly memberEpoch: number }
  | { readonly kind: 'administrator' };

/** One Kafka cluster: cached metadata, a pool of connections for each purpose (fetch, coordinator, produce), retry of retriable errors within `timeoutMs`. */
export interface KafkaCluster {
  describeTopic(topic: string): Promise<KafkaOutcome<TopicInfo>>;
  /** Many topics, one try: those not looked at within `maxAgeMs` in one request. Each name has its outcome. */
  describeTopics(topics: readonly string[], maxAgeMs: number): Promise<ReadonlyMap<string, KafkaOutcome<TopicInfo>>>;
  /** What is asked in one turn for the same moment goes to each leader in one request. `latest` is the last stable offset (read_committed). A number: first offset with a timestamp at or after it (Unix ms), `latest` when none. */
  listOffsets(
    topic: string,
    partitions: readonly number[],
    at: 'earliest' | 'latest' | number,
  ): Promise<KafkaOutcome<ReadonlyMap<number, number>>>;
  /** Committed offsets of one group for one topic's partitions; several groups in one request. */
  fetchOffsets(
    group: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<KafkaOutcome<readonly CommittedOffset[]>>;
  commitOffsets(
    group: string,
    topic: string,
    offsets: readonly OffsetToCommit[],
    by: Committer,
  ): Promise<KafkaOutcome<null>>;
  /** Members of a KIP-848 group. */
  describeGroup(group: string): Promise<
    KafkaOutcome<{
      readonly state: string;
      readonly members: readonly {
        readonly memberId: string;
        readonly instanceId: string | null;
        readonly memberEpoch: number;
      }[];
    }>
  >;
  close(): Promise<void>;
}

export type LossReason = 'fenced' | 'session-expired' | 'replaced';

export interface MembershipHandlers {
  /** Now ours (called once per partition; not awaited by the heartbeat). */
  onGained(partition: number): void;
  /** To be given up: resolves when drained and committed; only then the release is acknowledged. Heartbeats go on meanwhile. */
  onRevoked(partition: number): Promise<void>;
  /** No longer ours, at once: nothing may be called or committed for them. */
  onLost(partitions: readonly number[], reason: LossReason): void;
  onError(failure: KafkaFailure): void;
}

/** Membership in a KIP-848 group under a static name. */
export interface Membership {
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly state: 'joining' | 'member' | 'leaving' | 'left';
  readonly owned: ReadonlySet<number>;
  /** True while the last confirmed heartbeat is younger than the session (monotonic clock): check before every call and commit. */
  isCurrent(): boolean;
  /** Gives a partition up as lost and joins anew (a host or a commit showed a newer owner). */
  standDown(why: string): void;
  /** Drains everything (through `onRevoked`), then leaves: `will-return` keeps the partitions for the restart (-2), `for-good` lets them move (-1). */
  leave(how: 'will-return' | 'for-good'): Promise<void>;
}

export interface MembershipOptions {
  readonly group: string;
  readonly topic: string;
  /** Static member name, the pod's ordinal name. A dead holder of the same name is released first (takes over by force). */
  readonly instanceId: string;
  /** Above drain limit plus margin: the broker throws a member out that drains longer. */
  readonly rebalanceTimeoutMs: number;
  /** The group's session timeout on the broker (it is not told by the protocol). */
  readonly sessionTimeoutMs: number;
  /** We beat at least this often. */
  readonly heartbeatIntervalMs: number;
}

export interface FetchHandlers {
  /** Visible records (read_committed, at or above the asked position) and the next position, past markers and gaps. */
  onRecords(partition: number, records: readonly FetchedRecord[], nextPosition: number): void;
  /** The position is below the log start or above its end: the partition is not fetched until `seek`. */
  onOutOfRange(partition: number, position: number, logStart: number, logEnd: number): void;
  onFailure(failure: KafkaFailure): void;
  /** What lies at the position is no batch of records. It is fetched again now and then, and never passed. Absent: `onFailure`. */
  onUnreadable?(partition: number, position: number, failure: KafkaFailure): void;
}

/** Long-polls the leaders of the added partitions; one waiting fetch per broker, on connections of its own. */
export interface Fetcher {
  add(partition: number, position: number): void;
  remove(partition: number): void;
  pause(partition: number): void;
  resume(partition: number): void;
  close(): Promise<void>;
}

export interface FetcherOptions {
  readonly topic: string;
  /** Upper bound of bytes of one answer over all partitions, and of one partition. */
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
  readonly maxWaitMs: number;
  /** Upper bound of what is kept, undecoded, of answers for partitions that were paused before all was handed on; above it, it is fetched again. Default 8 MiB. */
  readonly restMaxBytes?: number;
}

/** A partition that is watched: from `position` on nothing visible is known. */
export interface WatchedPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly position: number;
}

export interface WatchHandlers {
  /** The first visible record at or above the position is at `offset`. The partition is watched no more. */
  onRecord(watched: WatchedPartition, offset: number): void;
  /** Nothing is visible below `position`: markers, aborted records, gaps. It is watched on from there. */
  onPassed(watched: WatchedPartition, position: number): void;
  /** It cannot be watched (gone, out of range, not allowed …), and is watched no more. */
  onLost(watched: WatchedPartition, failure: KafkaFailure): void;
  onFailure(failure: KafkaFailure): void;
}

/** Waits for records of many partitions of any topics: one long poll and one incremental fetch session for each broker. */
export interface Watch {
  /** Replaces what is watched; who is new is asked for within `maxWaitMs`. */
  set(partitions: readonly WatchedPartition[]): void;
  /** Those that a broker has been asked for: a record would be told now. */
  isWatching(topic: string, partition: number): boolean;
  close(): Promise<void>;
}

/** Not all of a call was written. What was is not to be sent again: it would be there twice. */
export interface SendFailure extends KafkaFailure {
  /** Places in the call. It grows while what was under way at the failure is acknowledged. */
  readonly acknowledged: ReadonlySet<number>;
}

/** Idempotent producer, acks=all. `send` resolves when all records are acknowledged by all in-sync replicas. Records of one call keep their order per output partition; concurrent calls are batched together. */
export interface Producer {
  /**
   * `mayWrite` is asked in the moment of sending, each time anew: false takes back what waits, code `WITHDRAWN`. Only a request whose outcome is not known
   * and that carries other calls too is sent again all the same: else these might be written twice.
   */
  send(
    records: readonly ProducedRecord[],
    mayWrite?: () => boolean,
  ): Promise<{ readonly kind: 'ok'; readonly value: null } | SendFailure>;
  close(): Promise<void>;
}

/** The three doors of the room; implemented in cluster.ts, membership.ts, fetcher.ts, producer.ts and re-exported by index.ts. */
export interface KafkaRoom {
  connect(bootstrapServers: readonly string[], clientId: string): KafkaCluster;
  join(cluster: KafkaCluster, options: MembershipOptions, handlers: MembershipHandlers): Membership;
  fetcher(cluster: KafkaCluster, options: FetcherOptions, handlers: FetchHandlers): Fetcher;
  producer(cluster: KafkaCluster): Producer;
  watch(cluster: KafkaCluster, handlers: WatchHandlers): Watch;
}
