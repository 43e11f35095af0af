/** Long-polls the leaders of partitions and hands visible records on, each partition from its position. */
import type { WireCluster } from './cluster.ts';
import { CommittedReader } from './committed-reader.ts';
import type { Connections } from './connections.ts';
import { asksForLeader, failed } from './failures.ts';
import type { FetchedPartition } from './fetch-answer.ts';
import { type Hold, Holds } from './holds.ts';
import { beyondOffset, greatestOffset } from './offset-numbers.ts';
import { delayMs, type Patience, toldAt } from './patience.ts';
import type { Fetcher, FetcherOptions, FetchHandlers, KafkaFailure } from './ports.ts';
import { ask, refusal, wire } from './wire.ts';

/**
 * At most two requests wait at a broker. The long one asks for everything that is idle and waits for records. What is
 * added or resumed meanwhile need not wait for its end: a quick one asks for it without waiting, and again after a
 * pause while there is nothing, until the long one comes round and takes it in.
 */
type Poll = 'long' | 'quick';
const quickPauseMs = 50;
const connectionSlot: Readonly<Record<Poll, number>> = { long: 0, quick: 1 };
const readCommitted = 1;
/** A batch is as large as its producer's broker allows (1 MiB by default), compressed; a hostile one grows a thousandfold. */
const readerLimits = { portionBytes: 256 * 1024, batchMaxBytes: 64 * 1024 * 1024 };
/** What is kept of answers for paused partitions, unless the options say otherwise. */
const restMaxBytes = 8 * 1024 * 1024;
/** What cannot be read does not mend itself soon, and may be large. */
const unreadablePauseMs = 10_000;
const retry: Patience = { timeoutMs: Number.POSITIVE_INFINITY, firstDelayMs: 25, maxDelayMs: 2_000 };

export class WireFetcher implements Fetcher {
  readonly #cluster: WireCluster;
  readonly #options: FetcherOptions;
  readonly #handlers: FetchHandlers;
  readonly #connections: Connections;
  readonly #holds = new Holds();
  /** Under way, by broker id. */
  readonly #polls = new Map<number, Set<Poll>>();
  readonly #running = new Set<Promise<void>>();
  #planning = false;
  #planAgain = false;
  #alarm: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(cluster: WireCluster, options: FetcherOptions, handlers: FetchHandlers) {
    this.#cluster = cluster;
    this.#options = options;
    this.#handlers = handlers;
    this.#connections = cluster.newConnections({ requestTimeoutMs: options.maxWaitMs + 15_000, maxInFlight: 1 });
  }

  add(partition: number, position: number): void {
    this.#holds.add(partition, position);
    this.#plan();
  }

  remove(partition: number): void {
    this.#holds.remove(partition);
  }

  pause(partition: number): void {
    this.#holds.pause(partition);
  }

  resume(partition: number): void {
    const hold = this.#holds.resume(partition);
    // Not at once: who resumes does not expect records before it is done.
    if (hold?.rest) setImmediate(() => this.#readRest(hold));
    else this.#plan();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#alarm);
    await this.#cluster.release(this.#connections);
    await Promise.all(this.#running);
  }

  /** Soon, so that partitions added together are asked for together. */
  #plan(): void {
    this.#planAgain = true;
    if (this.#planning || this.#closed) return;
    this.#planning = true;
    setImmediate(() => this.#track(this.#planAll()));
  }

  #track(task: Promise<void>): void {
    this.#running.add(task);
    void task.finally(() => this.#running.delete(task));
  }

  async #planAll(): Promise<void> {
    while (this.#planAgain && !this.#closed) {
      this.#planAgain = false;
      await this.#planOnce();
    }
    this.#planning = false;
  }

  async #planOnce(): Promise<void> {
    const plannedAtMs = performance.now();
    const waiting = this.#holds.ready(plannedAtMs);
    if (waiting.length > 0) {
      const map = await this.#cluster.map.topic(this.#options.topic);
      if (this.#closed) return;
      if (map.kind === 'failed') this.#failAll(waiting, map);
      else {
        // What became of them while the map was looked up: paused, removed, asked.
        const ready = this.#holds.ready(performance.now());
        for (const hold of ready) this.#pinTopic(hold, map.value.topicId);
        const byLeader = Map.groupBy(
          ready.filter(({ stopped }) => !stopped),
          ({ partition }) => map.value.leaders.get(partition),
        );
        for (const [leader, theirs] of byLeader) this.#startPoll(leader, map.value.topicId, theirs);
      }
    }
    this.#setAlarm(plannedAtMs);
  }

  #pinTopic(hold: Hold, topicId: string): void {
    hold.topicId ??= topicId;
    if (hold.topicId === topicId) return;
    hold.stopped = true;
    const name = `${this.#options.topic}-${hold.partition}`;
    this.#handlers.onFailure(
      failed('TOPIC_RECREATED', `${name} belongs to another topic of that name now: its positions mean nothing`, false),
    );
  }

  #startPoll(leader: number | undefined, topicId: string, holds: readonly Hold[]): void {
    if (leader === undefined) {
      this.#cluster.map.forgetTopic(this.#options.topic);
      const names = holds.map(({ partition }) => partition).join(',');
      const message = `${this.#options.topic}-${names} has no leader now`;
      this.#failAll(holds, failed('LEADER_NOT_AVAILABLE', message, true));
      return;
    }
    const underWay = this.#polls.get(leader) ?? new Set<Poll>();
    this.#polls.set(leader, underWay);
    const poll: Poll = underWay.has('long') ? 'quick' : 'long';
    const now = performance.now();
    const asked = poll === 'long' ? holds : holds.filter(({ quickAfterMs }) => quickAfterMs <= now);
    if (asked.length === 0 || underWay.has(poll)) return;
    underWay.add(poll);
    for (const hold of asked) hold.asked = true;
    const answered = this.#poll(leader, poll, topicId, asked).finally(() => {
      underWay.delete(poll);
      for (const hold of asked) hold.asked = false;
      this.#plan();
    });
    this.#track(answered);
  }

  async #poll(leader: number, poll: Poll, topicId: string, holds: readonly Hold[]): Promise<void> {
    const answer = await this.#request(leader, poll, topicId, holds);
    if (this.#closed) return;
    if (answer.kind === 'failed') {
      this.#failAll(holds, answer);
      return;
    }
    const refused = refusal(answer.response.errorCode, `fetch from ${this.#options.topic}`);
    if (refused) {
      this.#failAll(holds, refused);
      return;
    }
    const byPartition = new Map(holds.map((hold) => [hold.partition, hold]));
    const quickAfterMs = performance.now() + quickPauseMs;
    if (poll === 'quick') for (const hold of holds) hold.quickAfterMs = quickAfterMs;
    for (const part of answer.response.partitions) {
      const hold = byPartition.get(part.partition);
      if (hold && !this.#closed) this.#take(hold, part);
    }
  }

  async #request(leader: number, poll: Poll, topicId: string, holds: readonly Hold[]) {
    const { maxWaitMs, maxBytes, partitionMaxBytes, topic } = this.#options;
    const address = this.#cluster.map.broker(leader);
    if (address === undefined) return failed('LEADER_NOT_AVAILABLE', `broker ${leader} of ${topic} is unknown`, true);
    const connection = await this.#connections.to(address, connectionSlot[poll]);
    if (connection.kind === 'failed') return connection;
    const partitions = holds.map(({ partition, position }) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(position),
      lastFetchedEpoch: -1,
      partitionMaxBytes,
    }));
    const asked = [{ topicId, partitions }];
    const waitMs = poll === 'long' ? maxWaitMs : 0;
    return ask(wire.fetch, connection.value, waitMs, 1, maxBytes, readCommitted, 0, -1, asked, [], '');
  }

  #take(hold: Hold, part: FetchedPartition): void {
    if (!this.#holds.isCurrent(hold)) return;
    const refused = refusal(part.errorCode, `fetch of ${this.#options.topic}-${hold.partition}`);
    if (refused?.code === 'OFFSET_OUT_OF_RANGE') {
      this.#track(this.#outOfRange(hold));
      return;
    }
    if (refused) {
      this.#fail(hold, refused);
      return;
    }
    this.#read(hold, new CommittedReader(part.batches, part.aborted, hold.position, readerLimits));
  }

  #readRest(hold: Hold): void {
    const { rest } = hold;
    if (rest === undefined || this.#closed || !this.#holds.wants(hold)) return;
    hold.rest = undefined;
    this.#read(hold, rest);
    this.#plan();
  }

  /** Portion by portion, as long as there is room. */
  #read(hold: Hold, reader: CommittedReader): void {
    while (!this.#closed && this.#holds.wants(hold)) {
      const portion = reader.next();
      switch (portion.kind) {
        case 'records':
          this.#holds.served(hold, portion.nextPosition);
          this.#handlers.onRecords(hold.partition, portion.records, portion.nextPosition);
          break;
        case 'end':
          hold.failures = 0;
          return;
        case 'unreadable': {
          const where = `${this.#options.topic}-${hold.partition}, the batch at or after offset ${hold.position}`;
          this.#unreadable(hold, failed(portion.code, `${where} cannot be read: ${portion.reason}`, false));
          return;
        }
        default:
          portion satisfies never;
      }
    }
    this.#keep(hold, reader);
  }

  #unreadable(hold: Hold, failure: KafkaFailure): void {
    if (!this.#defer(hold, failure, unreadablePauseMs)) return;
    if (this.#handlers.onUnreadable === undefined) this.#handlers.onFailure(failure);
    else this.#handlers.onUnreadable(hold.partition, hold.position, failure);
  }

  /** What was not read is read after `resume`; where that would keep too much, it is fetched again. */
  #keep(hold: Hold, reader: CommittedReader): void {
    if (this.#closed || !this.#holds.isCurrent(hold)) return;
    const maxBytes = this.#options.restMaxBytes ?? restMaxBytes;
    if (this.#holds.restBytes + reader.heldBytes <= maxBytes) hold.rest = reader;
  }

  /** Told with the log's bounds; when the position lies within them after all, the leader was only behind. */
  async #outOfRange(hold: Hold): Promise<void> {
    hold.stopped = true;
    const bounds = await this.#cluster.logBounds(this.#options.topic, hold.partition);
    if (this.#closed || !this.#holds.isCurrent(hold)) return;
    const name = `${this.#options.topic}-${hold.partition}`;
    if (bounds.kind === 'ok' && bounds.value.start >= beyondOffset) {
      const reason = `${name} begins beyond offset ${greatestOffset}, up to which numbers are exact`;
      this.#unreadable(hold, failed('OFFSET_TOO_LARGE', reason, false));
    } else if (bounds.kind === 'ok' && (hold.position < bounds.value.start || hold.position > bounds.value.end)) {
      this.#handlers.onOutOfRange(hold.partition, hold.position, bounds.value.start, bounds.value.end);
      return;
    } else {
      const behind = failed('OFFSET_OUT_OF_RANGE', `${name}: its leader does not know ${hold.position} yet`, true);
      this.#fail(hold, bounds.kind === 'failed' ? bounds : behind);
    }
    hold.stopped = false;
    this.#plan();
  }

  #failAll(holds: readonly Hold[], failure: KafkaFailure): void {
    const telling = holds.filter((hold) => this.#defer(hold, failure));
    if (telling.length > 0) this.#handlers.onFailure(failure);
  }

  #fail(hold: Hold, failure: KafkaFailure): void {
    if (this.#defer(hold, failure)) this.#handlers.onFailure(failure);
  }

  /** Puts the next try off, by `pauseMs` where the failure does not pass by itself; true when it is to be told. */
  #defer(hold: Hold, failure: KafkaFailure, pauseMs = retry.maxDelayMs): boolean {
    if (asksForLeader(failure)) this.#cluster.map.forgetTopic(this.#options.topic);
    if (!this.#holds.isCurrent(hold)) return false;
    hold.failures += 1;
    const delay = failure.retriable ? delayMs(hold.failures, retry, Math.random()) : pauseMs;
    hold.notBeforeMs = performance.now() + delay;
    return toldAt(hold.failures, failure.retriable);
  }

  #setAlarm(plannedAtMs: number): void {
    clearTimeout(this.#alarm);
    const next = this.#holds.nextReadyMs(plannedAtMs);
    if (next === undefined || this.#closed) return;
    this.#alarm = setTimeout(() => this.#plan(), Math.max(1, next - performance.now()));
  }
}
