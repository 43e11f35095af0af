/** What waits to be written to one partition: records in order, cut into batches whose sequence numbers survive a retry. PURE. */
import type { KafkaFailure, ProducedRecord } from './ports.ts';

/** One `send`: answered when all its records are written, or when the first of them is not. */
export interface SendCall {
  openRecords: number;
  /** Places of records that are written. */
  readonly acknowledged: Set<number>;
  failure: KafkaFailure | undefined;
  /** Asked in the moment of sending: false takes the call back. */
  readonly mayWrite: () => boolean;
  settle(failure: KafkaFailure | undefined): void;
}

export interface QueuedRecord {
  readonly record: ProducedRecord;
  readonly call: SendCall;
  /** Its place in the call. */
  readonly index: number;
  readonly bytes: number;
  /** Unix time. */
  readonly timestampMs: number;
  /** Monotonic milliseconds; not tried any more after this. */
  readonly giveUpAtMs: number;
}

/** A producer id, under which sequence numbers of a partition count from 0. */
export interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface OutputBatch {
  readonly records: readonly QueuedRecord[];
  readonly identity: Identity;
  readonly firstSequence: number;
  /** A try ended without a clear answer: it may have been written, so its sequence numbers may be spent. */
  inDoubt: boolean;
}

export interface BatchLimits {
  /** Upper bound of a batch; a single record above it goes alone. */
  readonly maxBytes: number;
  readonly maxRecords: number;
}

const sequenceCount = 2 ** 31;
const recordOverheadBytes = 24;
/** The client's encoder keeps 31 bits of a record's distance in time from the first of its batch, and writes the rest wrongly. */
const timeSpanMaxMs = 2 ** 31 - 1;

export function bytesOf(record: ProducedRecord): number {
  let bytes = recordOverheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of record.headers) bytes += name.length + (value?.length ?? 0) + 10;
  return bytes;
}

export class OutputLane {
  readonly topic: string;
  readonly partition: number;
  #identity: Identity | undefined;
  /** Its numbering is broken: a number sent again under it would pass for a repetition, and the record be lost. */
  #spent: Identity | undefined;
  #nextSequence = 0;
  #queue: QueuedRecord[] = [];
  #batch: OutputBatch | undefined;
  /** Calls to be sent one by one: a broker refused a batch of several, and the innocent must not fail with the guilty. */
  #callsApart = 0;
  #maxRecords = Number.POSITIVE_INFINITY;
  inFlight = false;
  failures = 0;
  notBeforeMs = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get isIdle(): boolean {
    return this.#batch === undefined && this.#queue.length === 0;
  }

  get name(): string {
    return `${this.topic}-${this.partition}`;
  }

  push(record: QueuedRecord): void {
    this.#queue.push(record);
  }

  /** Whether work waits that needs another producer id than `identity`. */
  needsOther(identity: Identity): boolean {
    return this.#spent === identity && this.#batch === undefined && this.#queue.length > 0;
  }

  /** The batch to send now: the unsettled one again, or a new one. A lane without an unsettled batch goes over to `identity`. */
  nextBatch(identity: Identity, limits: BatchLimits): OutputBatch | undefined {
    if (this.#batch && this.stillWanted()) return this.#batch;
    if (this.#spent === identity) return undefined;
    const records = this.#cut(limits);
    if (records.length === 0) return undefined;
    if (this.#identity !== identity) {
      this.#identity = identity;
      this.#nextSequence = 0;
    }
    this.#batch = { records, identity, firstSequence: this.#nextSequence, inDoubt: false };
    return this.#batch;
  }

  /** Asked once more before the batch goes. False: it was taken apart, because somebody may not write any more; what is left waits. */
  stillWanted(): boolean {
    const { records, inDoubt } = this.#unsettled();
    const calls = [...new Set(records.map(({ call }) => call))];
    const withdrawn = calls.filter((call) => call.failure === undefined && !call.mayWrite());
    // Perhaps it is written already, and the others' records must not be written twice.
    if (withdrawn.length === 0 || (inDoubt && withdrawn.length < calls.length)) return true;
    for (const call of withdrawn) withdraw(call, this.name);
    this.#putBack();
    return false;
  }

  written(): readonly QueuedRecord[] {
    const { records, firstSequence } = this.#unsettled();
    this.#nextSequence = (firstSequence + records.length) % sequenceCount;
    this.#batch = undefined;
    this.#callsApart = Math.max(0, this.#callsApart - 1);
    this.#maxRecords *= 2;
    this.failures = 0;
    return records;
  }

  /** The broker refused the batch for its size: half of it next. False when it is a single record. */
  halve(): boolean {
    const { records } = this.#unsettled();
    if (records.length === 1) return false;
    this.#maxRecords = Math.ceil(records.length / 2);
    this.#putBack();
    return true;
  }

  /** The broker refused the batch for what is in it: its calls one by one next. False when there is one call only. */
  tellCallsApart(): boolean {
    const calls = new Set(this.#unsettled().records.map(({ call }) => call));
    if (calls.size === 1) return false;
    this.#callsApart = Math.max(this.#callsApart, calls.size);
    this.#putBack();
    return true;
  }

  /** The broker refused the batch for good. */
  dropBatch(): readonly QueuedRecord[] {
    const { records } = this.#unsettled();
    this.#takeBack();
    return records;
  }

  /** Gives up everything. `broken`: the broker does not accept the numbering any more. */
  dropAll(broken: boolean): readonly QueuedRecord[] {
    const all = [...(this.#batch?.records ?? []), ...this.#queue];
    if (this.#batch && broken) this.#batch.inDoubt = true;
    if (this.#batch) this.#takeBack();
    this.#queue = [];
    this.#callsApart = 0;
    this.#maxRecords = Number.POSITIVE_INFINITY;
    this.failures = 0;
    return all;
  }

  /** Whether the oldest record's time is up. */
  isOverdue(nowMs: number): boolean {
    const oldest = this.#batch?.records[0] ?? this.#queue[0];
    return oldest !== undefined && oldest.giveUpAtMs <= nowMs;
  }

  #unsettled(): OutputBatch {
    if (!this.#batch) throw new Error(`no batch of ${this.name} is unsettled`);
    return this.#batch;
  }

  #putBack(): void {
    this.#queue = [...this.#unsettled().records, ...this.#queue];
    this.#takeBack();
  }

  /** Numbers of a batch that surely was not written are free again; others make the lane go over to another producer id. */
  #takeBack(): void {
    const { inDoubt, identity } = this.#unsettled();
    if (inDoubt) this.#spent = identity;
    this.#batch = undefined;
  }

  /** Takes records off the queue; those of calls that failed already are dropped. */
  #cut(limits: BatchLimits): readonly QueuedRecord[] {
    const maxRecords = Math.min(limits.maxRecords, this.#maxRecords);
    const records: QueuedRecord[] = [];
    let bytes = 0;
    let taken = 0;
    let asked: SendCall | undefined;
    for (const queued of this.#queue) {
      const { call } = queued;
      if (call !== asked && call.failure === undefined && !call.mayWrite()) withdraw(call, this.name);
      asked = call;
      if (queued.call.failure === undefined) {
        const [first] = records;
        if (first) {
          if (records.length >= maxRecords || bytes + queued.bytes > limits.maxBytes) break;
          if (this.#callsApart > 0 && first.call !== queued.call) break;
          if (Math.abs(queued.timestampMs - first.timestampMs) > timeSpanMaxMs) break;
        }
        records.push(queued);
        bytes += queued.bytes;
      }
      taken += 1;
    }
    this.#queue.splice(0, taken);
    return records;
  }
}

function withdraw(call: SendCall, name: string): void {
  const message = `nobody may write this to ${name} any more`;
  call.failure = { kind: 'failed', code: 'WITHDRAWN', message, retriable: false };
  call.settle(call.failure);
}
