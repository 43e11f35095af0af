/** Test support: topics, group, contract and placement of one story, and what its outputs say about order, loss and repeats. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { InvokerContract } from '#contract/invoker-contract.ts';
import { originHeaders } from '#contract/outgoing.ts';
import { kafkaRoom } from '#kafka/index.ts';
import type { KafkaJudge, Reader } from '../../../../../e2e/judge/kafka-judge.ts';
import { InvokerProcess } from './invoker-process.ts';

export interface SceneWish {
  readonly partitions?: number;
  readonly endpoints: readonly string[];
  readonly invokers?: number;
  readonly deadLetters?: boolean;
  readonly contract?: Partial<Pick<InvokerContract, 'batch' | 'flow' | 'source' | 'function' | 'delivery'>>;
  readonly source?: Partial<InvokerContract['source']>;
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of the topics, all of them. */
  readonly topics?: Readonly<Record<string, string>>;
  /** Of the input's, the output's and the dead letters' topic. Default 1. */
  readonly replicas?: number;
  /** `absent`: the output topic is named but does not exist. */
  readonly outputTopic?: 'absent';
  /** False: no initial position is committed. */
  readonly positioned?: boolean;
}

/** Commits initial positions, as the scout does before a binding starts. */
export async function position(
  bootstrap: string,
  group: string,
  topic: string,
  partitions: number,
  offset = 0,
): Promise<void> {
  const cluster = kafkaRoom.connect([bootstrap], 'scene');
  const rows = Array.from({ length: partitions }, (_, partition) => ({ partition, offset, metadata: '' }));
  const outcome = await cluster.commitOffsets(group, topic, rows, { kind: 'administrator' });
  await cluster.close();
  if (outcome.kind === 'failed') throw new Error(outcome.message);
}

export class Scene {
  readonly partitions: number;
  readonly contract: InvokerContract;
  readonly input: string;
  readonly output: Reader;
  readonly deadLetters: Reader | null;
  readonly judge: KafkaJudge;
  readonly #wish: SceneWish;
  readonly #dir = mkdtempSync(join(tmpdir(), 'headrace-scene-'));
  readonly #processes: InvokerProcess[] = [];
  readonly #numbersOut: number[] = [];
  readonly #different = new Set<number>();

  private constructor(wish: SceneWish, judge: KafkaJudge, contract: InvokerContract, readers: [Reader, Reader | null]) {
    this.partitions = wish.partitions ?? 4;
    this.judge = judge;
    this.contract = contract;
    this.input = contract.source.topic;
    [this.output, this.deadLetters] = readers;
    this.#wish = wish;
    this.place(wish.invokers ?? 1);
  }

  static async set(bootstrap: string, judge: KafkaJudge, wish: SceneWish): Promise<Scene> {
    const partitions = wish.partitions ?? 4;
    const topic = (count: number): Promise<string> => judge.topic(count, wish.topics, undefined, wish.replicas);
    const input = await topic(partitions);
    const output = await topic(partitions);
    const deadLetterTopic = wish.deadLetters === true ? await topic(1) : undefined;
    const group = `group-${input}`;
    if (wish.positioned !== false) await position(bootstrap, group, input, partitions);
    const retry = { maxAttempts: 5, initialBackoffMs: 50, maxBackoffMs: 400, maxAgeMs: 600_000 };
    const contract: InvokerContract = {
      version: 1,
      binding: { namespace: 'trial', name: `b-${input.slice(0, 8)}`, uid: input },
      function: { name: 'f', serviceName: 'f', kind: 'Host', timeoutMs: 5_000, concurrency: 8 },
      kafka: { bootstrapServers: [bootstrap] },
      ordering: 'Partition',
      batch: { maxRecords: 20, maxBytes: 1_000_000, maxWaitMs: 0 },
      flow: { maxBufferedBytes: 16_000_000, maxResponseBytes: 4_000_000, drainTimeoutMs: 8_000 },
      delivery: {
        retry,
        onExhausted: deadLetterTopic === undefined ? 'Block' : 'DeadLetter',
        ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
      },
      output: {
        topic: wish.outputTopic === 'absent' ? `${output}-absent` : output,
        key: 'Source',
        contentMode: 'Binary',
        routes: [],
      },
      ...wish.contract,
      source: { topic: input, consumerGroup: group, format: 'Auto', onOffsetOutOfRange: 'Earliest', ...wish.source },
    };
    const letters = deadLetterTopic === undefined ? null : await judge.read(deadLetterTopic);
    return new Scene(wish, judge, contract, [await judge.read(output), letters]);
  }

  place(invokers: number): void {
    writeFileSync(join(this.#dir, 'placement'), String(invokers));
  }

  async invoker(ordinal = 0): Promise<InvokerProcess> {
    const { endpoints, env = {} } = this.#wish;
    const placementFile = join(this.#dir, 'placement');
    const started = await InvokerProcess.start({ contract: this.contract, ordinal, endpoints, placementFile, env });
    this.#processes.push(started);
    return started;
  }

  /** Sends numbers in order, round robin over the partitions; the values are unique. */
  async send(from: number, count: number): Promise<void> {
    const records = Array.from({ length: count }, (_, index) => ({
      partition: (from + index) % this.partitions,
      key: `key-${(from + index) % this.partitions}`,
      value: JSON.stringify({ n: from + index }),
    }));
    await this.judge.send(this.input, records);
  }

  /** Sends until `stop`; resolves to how many were sent. */
  sendSteadily(batch: number, everyMs: number): { stop(): Promise<number> } {
    let going = true;
    const done = (async () => {
      let sent = 0;
      while (going) {
        await this.send(sent, batch);
        sent += batch;
        await pause(everyMs);
      }
      return sent;
    })();
    return {
      stop: () => {
        going = false;
        return done;
      },
    };
  }

  numbersOut(): number[] {
    this.#readOn();
    return [...this.#numbersOut];
  }

  #differentOut(): number {
    this.#readOn();
    return this.#different.size;
  }

  /** It is asked again and again: each record is parsed once. */
  #readOn(): void {
    for (const { value } of this.output.records.slice(this.#numbersOut.length)) {
      const { n } = JSON.parse(String(value)) as { n: number };
      this.#numbersOut.push(n);
      this.#different.add(n);
    }
  }

  async untilOut(count: number, withinMs = 30_000): Promise<void> {
    const endMs = performance.now() + withinMs;
    while (this.#differentOut() < count) {
      if (performance.now() > endMs) {
        const reports = this.#processes.map(({ log }) =>
          log
            .slice(-30)
            .map((entry) => JSON.stringify(entry))
            .join('\n'),
        );
        throw new Error(
          `${this.#differentOut()} of ${count} came out within ${withinMs} ms\n${reports.join('\n--\n')}`,
        );
      }
      await pause(20);
    }
  }

  /** Waits for so many output records, whatever they hold. */
  async untilOutRecords(count: number, withinMs = 30_000): Promise<void> {
    const endMs = performance.now() + withinMs;
    while (this.output.records.length < count) {
      if (performance.now() > endMs) throw new Error(`${this.output.records.length} of ${count} records came out`);
      await pause(20);
    }
  }

  /** What went wrong between input and output, by the outputs alone. */
  verdict(sent: number): { readonly lost: number[]; readonly repeated: number; readonly swapped: string[] } {
    const seen = new Set(this.numbersOut());
    const lost = Array.from({ length: sent }, (_, n) => n).filter((n) => !seen.has(n));
    const highest = new Map<string, number>();
    const swapped: string[] = [];
    const known = new Set<string>();
    for (const { partition, headers } of this.output.records) {
      const from = `${headers[originHeaders.partition]}`;
      const offset = Number(headers[originHeaders.offset]);
      if (known.has(`${from}/${offset}`)) continue;
      known.add(`${from}/${offset}`);
      const pair = `${from} to ${partition}`;
      if (offset < (highest.get(pair) ?? -1)) swapped.push(`${pair}: ${offset} after ${highest.get(pair)}`);
      highest.set(pair, Math.max(offset, highest.get(pair) ?? -1));
    }
    // Counted by the input's offset: a sender that tries again may write one number twice.
    return { lost, repeated: this.output.records.length - known.size, swapped };
  }

  async end(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.kill()));
    await this.output.stop();
    await this.deadLetters?.stop();
    rmSync(this.#dir, { recursive: true });
  }
}
