/** Idempotent producer: gathers what is sent while a request is under way, and writes each partition in order. */
import type { WireCluster } from './cluster.ts';
import type { Connections } from './connections.ts';
import { asksForLeader, failed, ok } from './failures.ts';
import {
  bytesOf,
  type Identity,
  type OutputBatch,
  OutputLane,
  type QueuedRecord,
  type SendCall,
} from './output-lane.ts';
import { partitionOfKey } from './partitioner.ts';
import { delayMs, type Patience, pause, usualPatience, withPatience } from './patience.ts';
import type { KafkaFailure, KafkaOutcome, ProducedRecord, Producer, SendFailure } from './ports.ts';
import { produceVerdict } from './produce-verdict.ts';
import { ask, type MessageRecord, NumericMap, refusal, wire } from './wire.ts';

/** A broker takes batches up to 1 MiB by default (`message.max.bytes`). */
const batchLimits = { maxBytes: 900_000, maxRecords: 10_000 };
const requestMaxBytes = 8_000_000;
const queueMaxBytes = 64_000_000;
const deliveryTimeoutMs = 30_000;
const brokerTimeoutMs = 15_000;
const closeGraceMs = 10_000;
const allInSyncReplicas = -1;
const retry: Patience = { timeoutMs: deliveryTimeoutMs, firstDelayMs: 10, maxDelayMs: 1_000 };

type Sent = { readonly kind: 'ok'; readonly value: null } | SendFailure;
const nothing = (failure: KafkaFailure): SendFailure => ({ ...failure, acknowledged: new Set() });

interface Part {
  readonly lane: OutputLane;
  readonly batch: OutputBatch;
}

export class WireProducer implements Producer {
  readonly #cluster: WireCluster;
  readonly #connections: Connections;
  readonly #lanes = new Map<string, OutputLane>();
  readonly #roundRobin = new Map<string, number>();
  /** Brokers with a request under way: one at a time, so that order needs no more care. */
  readonly #busy = new Set<number>();
  readonly #running = new Set<Promise<void>>();
  readonly #lastFailure = new Map<OutputLane, KafkaFailure>();
  #identity: Identity | undefined;
  #queuedBytes = 0;
  #planning = false;
  #planAgain = false;
  #alarm: NodeJS.Timeout | undefined;
  /** Calls that look their topics up. */
  #entering = 0;
  #lastEntry: Promise<void> = Promise.resolve();
  #closed = false;
  #ended = false;

  constructor(cluster: WireCluster) {
    this.#cluster = cluster;
    this.#connections = cluster.newConnections({ requestTimeoutMs: brokerTimeoutMs + 5_000, maxInFlight: 1 });
  }

  async send(records: readonly ProducedRecord[], mayWrite: () => boolean = () => true): Promise<Sent> {
    if (this.#closed) return nothing(failed('CLOSED', 'the producer was closed', false));
    if (records.length === 0) return { kind: 'ok', value: null };
    this.#entering += 1;
    // Calls enter in the order they were made, also when an earlier one has to wait for its topic to be looked up.
    const earlier = this.#lastEntry;
    const entry = Promise.withResolvers<void>();
    this.#lastEntry = entry.promise;
    const lanes = await this.#lanesFor(records);
    await earlier;
    this.#entering -= 1;
    entry.resolve();
    return lanes.kind === 'failed' ? nothing(lanes) : this.#enqueue(records, lanes.value, mayWrite);
  }

  #enqueue(records: readonly ProducedRecord[], lanes: readonly OutputLane[], mayWrite: () => boolean): Promise<Sent> {
    if (this.#ended) return Promise.resolve(nothing(failed('CLOSED', 'the producer was closed', false)));
    const bytes = records.reduce((sum, record) => sum + bytesOf(record), 0);
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > queueMaxBytes) {
      const message = `more than ${queueMaxBytes} bytes wait to be written`;
      return Promise.resolve(nothing(failed('PRODUCER_QUEUE_FULL', message, true)));
    }
    const { promise, resolve } = Promise.withResolvers<Sent>();
    const acknowledged = new Set<number>();
    this.#queuedBytes += bytes;
    const call: SendCall = {
      openRecords: records.length,
      acknowledged,
      failure: undefined,
      mayWrite,
      settle: (failure) => {
        this.#queuedBytes -= bytes;
        resolve(failure === undefined ? { kind: 'ok', value: null } : { ...failure, acknowledged });
      },
    };
    const giveUpAtMs = performance.now() + deliveryTimeoutMs;
    const nowMs = Date.now();
    for (const [index, record] of records.entries()) {
      const timestampMs = Math.trunc(record.timestampMs ?? nowMs);
      lanes[index]!.push({ record, call, index, bytes: bytesOf(record), timestampMs, giveUpAtMs });
    }
    this.#plan();
    return promise;
  }

  /** Takes nothing more; what was sent before is still written, within bounds. */
  async close(): Promise<void> {
    this.#closed = true;
    const giveUpAt = performance.now() + closeGraceMs;
    while (performance.now() < giveUpAt && this.#hasWork()) await pause(5);
    this.#ended = true;
    clearTimeout(this.#alarm);
    await this.#cluster.release(this.#connections);
    await Promise.all(this.#running);
    for (const lane of this.#lanes.values()) {
      this.#failRecords(
        lane.dropAll(false),
        failed('CLOSED', `the producer was closed before ${lane.name} was written`, true),
      );
    }
  }

  #hasWork(): boolean {
    return this.#entering > 0 || [...this.#lanes.values()].some(({ isIdle }) => !isIdle);
  }

  /** The lane of each record, in their order. */
  async #lanesFor(records: readonly ProducedRecord[]): Promise<KafkaOutcome<readonly OutputLane[]>> {
    const partitions = new Map<string, readonly number[]>();
    for (const topic of new Set(records.map((record) => record.topic))) {
      const map = await withPatience(() => this.#cluster.map.topic(topic), usualPatience, undefined, mayPassSoon);
      if (map.kind === 'failed') return map;
      partitions.set(topic, map.value.partitions);
    }
    const lanes: OutputLane[] = [];
    for (const record of records) {
      const known = partitions.get(record.topic)!;
      const partition = record.partition ?? this.#choose(record, known.length);
      if (!known.includes(partition)) {
        this.#cluster.map.forgetTopic(record.topic);
        return failed('UNKNOWN_TOPIC_OR_PARTITION', `topic ${record.topic} has no partition ${partition}`, true);
      }
      lanes.push(this.#lane(record.topic, partition));
    }
    return ok(lanes);
  }

  #choose({ topic, key }: ProducedRecord, count: number): number {
    if (key !== null) return partitionOfKey(key, count);
    const next = this.#roundRobin.get(topic) ?? 0;
    this.#roundRobin.set(topic, (next + 1) % count);
    return next % count;
  }

  #lane(topic: string, partition: number): OutputLane {
    const name = `${topic}:${partition}`;
    const lane = this.#lanes.get(name) ?? new OutputLane(topic, partition);
    this.#lanes.set(name, lane);
    return lane;
  }

  /** After the current turn, so that calls made together are written together. */
  #plan(): void {
    this.#planAgain = true;
    if (this.#planning) return;
    this.#planning = true;
    setImmediate(() => this.#track(this.#planAll()));
  }

  async #planAll(): Promise<void> {
    while (this.#planAgain) {
      this.#planAgain = false;
      await this.#planOnce();
    }
    this.#planning = false;
  }

  #track(task: Promise<void>): void {
    this.#running.add(task);
    void task.finally(() => this.#running.delete(task));
  }

  async #planOnce(): Promise<void> {
    const now = performance.now();
    const resting = [...this.#lanes.values()].filter((lane) => !lane.inFlight);
    for (const lane of resting) if (lane.isOverdue(now)) this.#giveUp(lane, this.#lastFailure.get(lane), false);
    const waiting = resting.filter((lane) => !lane.isIdle && lane.notBeforeMs <= now);
    if (waiting.length > 0) {
      const identity = await this.#identityFor(waiting);
      const leaders = await this.#leadersOf(waiting);
      if (identity) for (const [leader, lanes] of leaders) this.#startRequest(leader, lanes, identity);
    }
    this.#setAlarm(now);
  }

  async #identityFor(lanes: readonly OutputLane[]): Promise<Identity | undefined> {
    const current = this.#identity;
    if (current && !lanes.some((lane) => lane.needsOther(current))) return current;
    const answer = await this.#cluster.map.askAnyBroker((connection) => ask(wire.initProducerId, connection, null, 0));
    const refused = answer.kind === 'failed' ? answer : refusal(answer.response.errorCode, 'producer id');
    if (answer.kind === 'failed' || refused) {
      for (const lane of lanes) this.#defer(lane, refused!);
      return undefined;
    }
    const { producerId, producerEpoch } = answer.response;
    this.#identity = { producerId, producerEpoch };
    return this.#identity;
  }

  async #leadersOf(lanes: readonly OutputLane[]): Promise<ReadonlyMap<number, OutputLane[]>> {
    const byLeader = new Map<number, OutputLane[]>();
    for (const [topic, theirs] of Map.groupBy(lanes, (lane) => lane.topic)) {
      const map = await this.#cluster.map.topic(topic);
      for (const lane of theirs) {
        const leader = map.kind === 'ok' ? map.value.leaders.get(lane.partition) : undefined;
        const nobody = failed('LEADER_NOT_AVAILABLE', `${lane.name} has no leader now`, true);
        if (leader === undefined) this.#defer(lane, map.kind === 'failed' ? map : nobody);
        else byLeader.set(leader, [...(byLeader.get(leader) ?? []), lane]);
      }
    }
    return byLeader;
  }

  #startRequest(leader: number, lanes: readonly OutputLane[], identity: Identity): void {
    if (this.#busy.has(leader)) return;
    const parts: Part[] = [];
    let bytes = 0;
    for (const lane of lanes) {
      const batch = bytes < requestMaxBytes ? lane.nextBatch(identity, batchLimits) : undefined;
      // One request speaks for one producer id; a batch under another one goes with the next.
      if (!batch || (parts[0] && parts[0].batch.identity !== batch.identity)) continue;
      parts.push({ lane, batch });
      bytes += batch.records.reduce((sum, record) => sum + record.bytes, 0);
    }
    if (parts.length === 0) {
      // Withdrawn while in doubt: what is left needs another producer id, and nothing else would ask for it.
      if (lanes.some((lane) => lane.needsOther(identity))) this.#plan();
      return;
    }
    this.#busy.add(leader);
    for (const { lane } of parts) {
      lane.inFlight = true;
      // To the end of the line: a request may not hold all lanes.
      this.#lanes.delete(`${lane.topic}:${lane.partition}`);
      this.#lanes.set(`${lane.topic}:${lane.partition}`, lane);
    }
    const request = this.#request(leader, parts).finally(() => {
      this.#busy.delete(leader);
      for (const { lane } of parts) lane.inFlight = false;
      this.#plan();
    });
    this.#track(request);
  }

  async #request(leader: number, planned: readonly Part[]): Promise<void> {
    const address = this.#cluster.map.broker(leader);
    const connection = address
      ? await this.#connections.to(address)
      : failed('LEADER_NOT_AVAILABLE', `broker ${leader} is unknown`, true);
    if (connection.kind === 'failed') {
      for (const { lane } of planned) this.#defer(lane, connection);
      return;
    }
    // A connection may take long to come.
    const parts = planned.filter(({ lane }) => lane.stillWanted());
    if (parts.length === 0) return;
    const { producerId, producerEpoch } = parts[0]!.batch.identity;
    const sequences = new NumericMap(
      parts.map(({ lane, batch }) => [`${lane.topic}:${lane.partition}`, batch.firstSequence]),
    );
    const options = { producerId, producerEpoch, sequences };
    const answer = await ask(
      wire.produce,
      connection.value,
      allInSyncReplicas,
      brokerTimeoutMs,
      messagesOf(parts),
      options,
    );
    if (answer.kind === 'failed' || typeof answer.response === 'boolean') {
      const failure = answer.kind === 'failed' ? answer : failed('UNREADABLE_ANSWER', 'no answer to a write', false);
      for (const { lane, batch } of parts) {
        batch.inDoubt = true;
        this.#defer(lane, failure);
      }
      return;
    }
    const codes = new Map<string, KafkaFailure | undefined>();
    for (const topic of answer.response.responses) {
      for (const { index, errorCode, errorMessage } of topic.partitionResponses) {
        codes.set(`${topic.name}:${index}`, refusal(errorCode, `write to ${topic.name}-${index}`, errorMessage));
      }
    }
    for (const { lane, batch } of parts) {
      const name = `${lane.topic}:${lane.partition}`;
      const missing = failed('UNREADABLE_ANSWER', `${lane.name} is not in the answer to the write`, true);
      this.#settle(lane, batch, codes.has(name) ? codes.get(name) : missing);
    }
  }

  #settle(lane: OutputLane, batch: OutputBatch, failure: KafkaFailure | undefined): void {
    const verdict = produceVerdict(failure);
    switch (verdict) {
      case 'written':
        this.#lastFailure.delete(lane);
        for (const { call, index } of lane.written()) {
          call.acknowledged.add(index);
          call.openRecords -= 1;
          if (call.openRecords === 0 && call.failure === undefined) call.settle(undefined);
        }
        return;
      case 'again':
        batch.inDoubt = true;
        this.#defer(lane, failure!);
        return;
      case 'too-large':
        if (!lane.halve()) this.#failRecords(lane.dropBatch(), failure!);
        return;
      case 'numbering-broken':
        this.#giveUp(lane, { ...failure!, retriable: true }, true);
        return;
      case 'refused':
        if (!lane.tellCallsApart()) this.#failRecords(lane.dropBatch(), failure!);
        return;
      default:
        verdict satisfies never;
    }
  }

  #defer(lane: OutputLane, failure: KafkaFailure): void {
    if (asksForLeader(failure)) this.#cluster.map.forgetTopic(lane.topic);
    this.#lastFailure.set(lane, failure);
    lane.failures += 1;
    lane.notBeforeMs = performance.now() + delayMs(lane.failures, retry, Math.random());
  }

  /** All that waits in a lane fails together: a later record must not silently overtake one that was given up. */
  #giveUp(lane: OutputLane, cause: KafkaFailure | undefined, broken: boolean): void {
    const late = failed('REQUEST_TIMEOUT', `${lane.name} was not written within ${deliveryTimeoutMs} ms`, true);
    this.#failRecords(lane.dropAll(broken), cause ?? late);
  }

  #failRecords(records: readonly QueuedRecord[], failure: KafkaFailure): void {
    for (const { call } of records) {
      if (call.failure !== undefined) continue;
      call.failure = failure;
      call.settle(failure);
    }
  }

  /** For the lanes that were not due at `plannedAtMs`, and no later moment: what became due since must not be left out by both. */
  #setAlarm(plannedAtMs: number): void {
    clearTimeout(this.#alarm);
    const deferred = [...this.#lanes.values()].filter(
      (lane) => !lane.isIdle && !lane.inFlight && lane.notBeforeMs > plannedAtMs,
    );
    if (deferred.length === 0) return;
    const next = Math.min(...deferred.map(({ notBeforeMs }) => notBeforeMs));
    this.#alarm = setTimeout(() => this.#plan(), Math.max(1, next - performance.now()));
  }
}

/** A topic that is not there will not come by waiting here. */
function mayPassSoon({ retriable, code }: KafkaFailure): boolean {
  return retriable && code !== 'UNKNOWN_TOPIC_OR_PARTITION';
}

const latestTime = 2n ** 63n - 1n;

/** The latest time that Kafka knows is, as a number, one above it: it could not be written, and the whole request would fail for it. */
function wireTime(timestampMs: number): bigint {
  return timestampMs < Number(latestTime) ? BigInt(timestampMs) : latestTime;
}

function messagesOf(parts: readonly Part[]): MessageRecord[] {
  return parts.flatMap(({ lane, batch }) =>
    batch.records.map(({ record, timestampMs }) => ({
      topic: lane.topic,
      partition: lane.partition,
      // The client's type leaves null out, its encoder does not: a tombstone is null, not empty.
      ...(record.key !== null && { key: record.key }),
      value: record.value as Buffer,
      // A map by identity: a name that is the same object twice would be written once.
      headers: new Map(record.headers.map(([name, value]) => [name.subarray(), value as Buffer])),
      timestamp: wireTime(timestampMs),
    })),
  );
}
