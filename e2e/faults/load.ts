/** Writes the planned records at a steady rate with a client that is none of ours, whatever happens to the broker meanwhile. */
import { setTimeout as pause } from 'node:timers/promises';
import { CompressionTypes, Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { type HistoryFile, nowMs } from './history-file.ts';
import { type RecordValue, type Share, wantedOf } from './record-classes.ts';

export interface LoadPlan {
  /** At least so many; it goes on until it is told to finish. */
  readonly records: number;
  readonly perSecond: number;
  readonly shares: readonly Share[];
  /** Every so many writes are a transaction that is aborted; 0: no transactions at all. */
  readonly abortEvery?: number;
  /** Bytes of text in each value. Default 64. */
  readonly textBytes?: number;
}

export interface LoadTarget {
  readonly bootstrap: string;
  readonly topic: string;
  readonly partitions: number;
  readonly history: HistoryFile;
}

const writeEveryMs = 50;

export class Load {
  readonly #plan: LoadPlan;
  readonly #target: LoadTarget;
  readonly #producer: Producer;
  #sent = 0;
  #writes = 0;
  #ending: 'not-yet' | 'when-enough' | 'now' = 'not-yet';
  readonly #done: Promise<void>;

  constructor(plan: LoadPlan, target: LoadTarget) {
    this.#plan = plan;
    this.#target = target;
    const retry = { retries: 60, initialRetryTime: 100, maxRetryTime: 500 };
    const kafka = new Kafka({ clientId: 'load', brokers: [target.bootstrap], logLevel: logLevel.NOTHING, retry });
    const transactional = (plan.abortEvery ?? 0) > 0;
    this.#producer = kafka.producer({
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
      retry,
      ...(transactional ? { idempotent: true, transactionalId: `load-${target.topic}` } : {}),
    });
    this.#done = this.#write();
  }

  /** Numbers from 0 on that were acknowledged. */
  get sent(): number {
    return this.#sent;
  }

  /** Resolves when enough is written and nothing is under way. */
  async finish(): Promise<void> {
    this.#ending = 'when-enough';
    await this.#done;
  }

  async stop(): Promise<void> {
    this.#ending = 'now';
    await this.#done;
  }

  async #write(): Promise<void> {
    const { records, perSecond, abortEvery = 0 } = this.#plan;
    await this.#producer.connect();
    const beganMs = nowMs();
    while (this.#ending === 'not-yet' || (this.#ending === 'when-enough' && this.#sent < records)) {
      const due = Math.ceil(((nowMs() - beganMs) / 1000) * perSecond);
      // After an outage not everything at once.
      const count = Math.min(due - this.#sent, Math.ceil(perSecond / 2));
      if (count > 0) {
        this.#writes += 1;
        if (abortEvery === 0) await this.#send(count);
        else await this.#inTransaction(count, this.#writes % abortEvery === 0);
      }
      await pause(writeEveryMs);
    }
    await this.#producer.disconnect();
    if (abortEvery > 0) await this.#close();
  }

  /** Behind the markers of transactions a plain record in each partition, so that readers know where to stop. */
  async #close(): Promise<void> {
    const { bootstrap, topic, partitions } = this.#target;
    const producer = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({ topic, messages: this.#messages(this.#sent, partitions) });
    await producer.disconnect();
  }

  async #send(count: number): Promise<void> {
    const { topic, history } = this.#target;
    const first = this.#sent;
    await this.#producer.send({ topic, messages: this.#messages(first, count), compression: CompressionTypes.None });
    history.write(
      ...Array.from({ length: count }, (_, index) => ({ kind: 'sent' as const, atMs: nowMs(), seq: first + index })),
    );
    this.#sent += count;
  }

  async #inTransaction(count: number, aborts: boolean): Promise<void> {
    const { topic, history } = this.#target;
    const first = this.#sent;
    const transaction = await this.#producer.transaction();
    // Records of aborted transactions have numbers of their own: nobody waits for them.
    await transaction.send({ topic, messages: this.#messages(aborts ? -first - 1 : first, count) });
    if (aborts) {
      await transaction.abort();
      return;
    }
    await transaction.commit();
    history.write(
      ...Array.from({ length: count }, (_, index) => ({ kind: 'sent' as const, atMs: nowMs(), seq: first + index })),
    );
    this.#sent += count;
  }

  #messages(first: number, count: number): Message[] {
    const { shares, textBytes = 64 } = this.#plan;
    const { partitions } = this.#target;
    return Array.from({ length: count }, (_, index) => {
      const seq = first < 0 ? first - index : first + index;
      const value: RecordValue = { seq, ...wantedOf(Math.abs(seq), shares), text: 'x'.repeat(textBytes) };
      return { partition: Math.abs(seq) % partitions, key: `key-${Math.abs(seq) % 97}`, value: JSON.stringify(value) };
    });
  }
}
