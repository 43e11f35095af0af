/** Waits for the first visible record of sleeping partitions: one long poll and one incremental fetch session for each broker. */
import { Bell } from './bell.ts';
import type { WireCluster } from './cluster.ts';
import { CommittedReader } from './committed-reader.ts';
import type { Connections } from './connections.ts';
import { asksForLeader, failed } from './failures.ts';
import type { FetchAnswer, FetchedPartition } from './fetch-answer.ts';
import { FetchSession, type SessionPartition } from './fetch-session.ts';
import { delayMs, type Patience, toldAt } from './patience.ts';
import type { KafkaFailure, Watch, WatchedPartition, WatchHandlers } from './ports.ts';
import { ask, refusal, type WireAnswer, wire } from './wire.ts';

/** A broker answers at the first record; without one this often, and what is new is told it then. */
const maxWaitMs = 5_000;
const readCommitted = 1;
/** The first batch of a partition comes whole, whatever its size; more is of no use, but many partitions may wake at once. */
const partitionBytes = 16 * 1024;
const answerBytes = 512 * 1024;
const readerLimits = { portionBytes: 1, batchMaxBytes: 64 * 1024 * 1024 };
const retry: Patience = { timeoutMs: Number.POSITIVE_INFINITY, firstDelayMs: 50, maxDelayMs: 2_000 };

interface Entry {
  watched: WatchedPartition;
  position: number;
  /** The broker that leads it, while one is known. */
  broker: number | undefined;
  /** A request that names it has been sent. */
  asked: boolean;
}

interface Line {
  readonly bell: Bell;
  readonly session: FetchSession;
  failures: number;
}

const keyOf = (topic: string, partition: number): string => `${topic} ${partition}`;

export class WireWatch implements Watch {
  readonly #cluster: WireCluster;
  readonly #handlers: WatchHandlers;
  readonly #connections: Connections;
  readonly #entries = new Map<string, Entry>();
  /** By broker id; a line lasts as long as it has something to wait for. */
  readonly #lines = new Map<number, Line>();
  readonly #running = new Set<Promise<void>>();
  #placing = false;
  #placeAgain = false;
  #alarm: NodeJS.Timeout | undefined;
  #misplaced = 0;
  #closed = false;

  constructor(cluster: WireCluster, handlers: WatchHandlers) {
    this.#cluster = cluster;
    this.#handlers = handlers;
    this.#connections = cluster.newConnections({ requestTimeoutMs: maxWaitMs + 10_000, maxInFlight: 1 });
  }

  set(partitions: readonly WatchedPartition[]): void {
    const wanted = new Map(partitions.map((p) => [keyOf(p.topic, p.partition), p]));
    for (const key of this.#entries.keys()) if (!wanted.has(key)) this.#entries.delete(key);
    for (const [key, watched] of wanted) {
      const known = this.#entries.get(key);
      const { position, topicId } = watched;
      const isSame = known?.watched.topicId === topicId && [known.watched.position, known.position].includes(position);
      if (known && isSame) known.watched = watched;
      else this.#entries.set(key, { watched, position: watched.position, broker: undefined, asked: false });
    }
    this.#place();
  }

  isWatching(topic: string, partition: number): boolean {
    return this.#entries.get(keyOf(topic, partition))?.asked === true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#alarm);
    for (const { bell } of this.#lines.values()) bell.ring();
    await this.#cluster.release(this.#connections);
    await Promise.all(this.#running);
  }

  /** Finds the leaders of those that have none and lets their lines know. */
  #place(): void {
    this.#placeAgain = true;
    if (this.#placing || this.#closed) return;
    this.#placing = true;
    this.#track(this.#placeAll());
  }

  #track(task: Promise<void>): void {
    this.#running.add(task);
    void task.finally(() => this.#running.delete(task));
  }

  async #placeAll(): Promise<void> {
    while (this.#placeAgain && !this.#closed) {
      this.#placeAgain = false;
      const open = [...this.#entries.values()].filter(({ broker }) => broker === undefined);
      if (open.length === 0) continue;
      const topics = await this.#cluster.map.topics([...new Set(open.map(({ watched }) => watched.topic))], 60_000);
      for (const entry of open) {
        if (!this.#isCurrent(entry)) continue;
        const { topic, topicId, partition } = entry.watched;
        const found = topics.get(topic);
        if (found === undefined || found.kind === 'failed') {
          if (found !== undefined && !found.retriable) this.#lose(entry, found);
          continue;
        }
        if (found.value.topicId !== topicId) {
          this.#lose(entry, failed('TOPIC_RECREATED', `${topic} is another topic of that name now`, false));
          continue;
        }
        entry.broker = found.value.leaders.get(partition);
        if (entry.broker !== undefined) this.#lineTo(entry.broker).bell.ring();
      }
      this.#setAlarm();
    }
    this.#placing = false;
  }

  /** Those without a leader are looked for again, ever less often. */
  #setAlarm(): void {
    clearTimeout(this.#alarm);
    const isOpen = [...this.#entries.values()].some(({ broker }) => broker === undefined);
    this.#misplaced = isOpen ? this.#misplaced + 1 : 0;
    if (!isOpen || this.#closed) return;
    const again = (): void => {
      for (const { broker, watched } of this.#entries.values())
        if (broker === undefined) this.#cluster.map.forgetTopic(watched.topic);
      this.#place();
    };
    this.#alarm = setTimeout(again, delayMs(this.#misplaced, retry, Math.random()));
  }

  #lineTo(broker: number): Line {
    const known = this.#lines.get(broker);
    if (known) return known;
    const line: Line = { bell: new Bell(), session: new FetchSession(), failures: 0 };
    this.#lines.set(broker, line);
    this.#track(this.#serve(broker, line));
    return line;
  }

  async #serve(broker: number, line: Line): Promise<void> {
    while (!this.#closed) {
      const entries = [...this.#entries.values()].filter((entry) => entry.broker === broker);
      if (entries.length === 0) {
        line.session.reset();
        await line.bell.wait(60_000);
        continue;
      }
      await this.#poll(broker, line, entries);
    }
  }

  async #poll(broker: number, line: Line, entries: readonly Entry[]): Promise<void> {
    const wanted = entries.map(sessionPartition);
    const answer = await this.#request(broker, line.session.request(wanted), entries);
    if (this.#closed) return;
    const refused =
      answer.kind === 'failed' ? answer : refusal(answer.response.errorCode, `watching at broker ${broker}`);
    if (refused || answer.kind === 'failed') {
      await this.#fail(line, entries, refused!);
      return;
    }
    line.failures = 0;
    line.session.answered(wanted, answer.response.sessionId);
    const byId = new Map(entries.map((entry) => [`${entry.watched.topicId} ${entry.watched.partition}`, entry]));
    for (const part of answer.response.partitions) {
      const entry = byId.get(`${part.topicId} ${part.partition}`);
      if (entry !== undefined && this.#isCurrent(entry)) this.#take(entry, part);
    }
  }

  async #request(
    broker: number,
    { sessionId, sessionEpoch, topics, forgotten }: ReturnType<FetchSession['request']>,
    entries: readonly Entry[],
  ): Promise<WireAnswer<FetchAnswer>> {
    const address = this.#cluster.map.broker(broker);
    if (address === undefined) return failed('LEADER_NOT_AVAILABLE', `broker ${broker} is unknown`, true);
    const connection = await this.#connections.to(address);
    if (connection.kind === 'failed') return connection;
    const asked = topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partition, position }) => ({
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: BigInt(position),
        lastFetchedEpoch: -1,
        partitionMaxBytes: partitionBytes,
      })),
    }));
    const gone = forgotten.map(({ topicId, partitions }) => ({ topic: '', topicId, partitions: [...partitions] }));
    for (const entry of entries) entry.asked = true;
    const { value } = connection;
    return ask(wire.fetch, value, maxWaitMs, 1, answerBytes, readCommitted, sessionId, sessionEpoch, asked, gone, '');
  }

  /** The whole request failed: its broker may be away, or may have forgotten the session. */
  async #fail(line: Line, entries: readonly Entry[], failure: KafkaFailure): Promise<void> {
    line.session.reset();
    line.failures += 1;
    for (const entry of entries) entry.asked = false;
    if (toldAt(line.failures, true)) this.#handlers.onFailure(failure);
    if (asksForLeader(failure)) this.#displace(entries);
    await line.bell.wait(delayMs(line.failures, retry, Math.random()));
  }

  #displace(entries: readonly Entry[]): void {
    for (const entry of entries) {
      entry.broker = undefined;
      entry.asked = false;
      this.#cluster.map.forgetTopic(entry.watched.topic);
    }
    this.#place();
  }

  #take(entry: Entry, part: FetchedPartition): void {
    const { topic, partition } = entry.watched;
    const refused = refusal(part.errorCode, `watching ${topic}-${partition}`);
    if (refused) {
      // A leader that moved is looked up; what is gone, out of range or forbidden is for others to judge.
      if (refused.retriable && asksForLeader(refused) && !refused.code.startsWith('UNKNOWN_TOPIC'))
        this.#displace([entry]);
      else this.#lose(entry, refused);
      return;
    }
    if (part.batches.length === 0) return;
    const before = entry.position;
    const reader = new CommittedReader(part.batches, part.aborted, entry.position, readerLimits);
    for (let portion = reader.next(); portion.kind !== 'end'; portion = reader.next()) {
      const offset = portion.kind === 'records' ? portion.records[0]?.offset : entry.position;
      if (offset !== undefined) {
        this.#entries.delete(keyOf(topic, partition));
        this.#handlers.onRecord(entry.watched, offset);
        return;
      }
      if (portion.kind === 'records') entry.position = portion.nextPosition;
    }
    if (entry.position > before) this.#handlers.onPassed(entry.watched, entry.position);
  }

  #lose(entry: Entry, failure: KafkaFailure): void {
    this.#entries.delete(keyOf(entry.watched.topic, entry.watched.partition));
    this.#handlers.onLost(entry.watched, failure);
  }

  #isCurrent(entry: Entry): boolean {
    return this.#entries.get(keyOf(entry.watched.topic, entry.watched.partition)) === entry;
  }
}

const sessionPartition = ({ watched, position }: Entry): SessionPartition => ({
  topicId: watched.topicId,
  partition: watched.partition,
  position,
});
