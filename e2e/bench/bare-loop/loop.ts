/** The bare loop itself: one open call per partition, a bounded queue before it, everything on the invoker's own fetcher and HTTP client. */
import { Pool } from 'undici';
import { batchContentType } from '#contract/call.ts';
import { recordEventType } from '#contract/cloudevent.ts';
import { jsonValue, utf8Text } from '#contract/json-text.ts';
import { kafkaRoom } from '../../../functions-runtime/kafka/index.ts';
import type { FetchedRecord, Fetcher, KafkaCluster } from '../../../functions-runtime/kafka/ports.ts';

export interface BareLoopSettings {
  readonly cluster: KafkaCluster;
  readonly topic: string;
  readonly partitions: number;
  readonly endpoints: readonly string[];
  readonly concurrency: number;
  readonly batch: number;
}

/** As the invoker asks. */
const fetchOptions = { maxBytes: 2 * 1024 * 1024, partitionMaxBytes: 512 * 1024, maxWaitMs: 250 };
const leastRecordsAhead = 4_000;

interface Lane {
  readonly partition: number;
  readonly pool: Pool;
  waiting: FetchedRecord[];
  open: boolean;
  paused: boolean;
}

export class BareLoop {
  readonly #settings: BareLoopSettings;
  readonly #recordsAhead: number;
  readonly #fetcher: Fetcher;
  readonly #lanes: readonly Lane[];
  settled = 0;

  constructor(settings: BareLoopSettings) {
    this.#settings = settings;
    this.#recordsAhead = Math.max(leastRecordsAhead, 2 * settings.batch);
    const pools = settings.endpoints.map(
      (endpoint) =>
        new Pool(`http://${endpoint}`, { connections: settings.concurrency, pipelining: 1, allowH2: false }),
    );
    this.#lanes = Array.from({ length: settings.partitions }, (_, partition) => {
      return { partition, pool: pools[partition % pools.length]!, waiting: [], open: false, paused: false };
    });
    const options = { topic: settings.topic, ...fetchOptions };
    this.#fetcher = kafkaRoom.fetcher(settings.cluster, options, {
      onRecords: (partition, records) => this.#take(this.#lanes[partition]!, records),
      onOutOfRange: (...found) => fail(`out of range: ${found}`),
      onFailure: ({ message }) => fail(message),
    });
  }

  begin(): void {
    for (const { partition } of this.#lanes) this.#fetcher.add(partition, 0);
  }

  #take(lane: Lane, records: readonly FetchedRecord[]): void {
    for (const record of records) lane.waiting.push(record);
    if (lane.waiting.length >= this.#recordsAhead) {
      lane.paused = true;
      this.#fetcher.pause(lane.partition);
    }
    if (!lane.open) void this.#run(lane);
  }

  async #run(lane: Lane): Promise<void> {
    const { batch, topic } = this.#settings;
    lane.open = true;
    let begin = 0;
    while (begin < lane.waiting.length) {
      const end = Math.min(begin + batch, lane.waiting.length);
      const body = spliced(lane.waiting, begin, end, topic, lane.partition);
      const headers = { 'content-type': batchContentType };
      const { statusCode, body: answer } = await lane.pool.request({ path: '/', method: 'POST', headers, body });
      await answer.dump();
      if (statusCode !== 204) fail(`status ${statusCode}`);
      this.settled += end - begin;
      begin = end;
      if (begin < 1024 && begin < lane.waiting.length) continue;
      lane.waiting = lane.waiting.slice(begin);
      begin = 0;
      if (!lane.paused || lane.waiting.length > this.#recordsAhead / 2) continue;
      lane.paused = false;
      this.#fetcher.resume(lane.partition);
    }
    lane.open = false;
  }
}

/** The same attributes as the invoker gives, written down for the one shape of record that the benchmark sends. */
function spliced(records: readonly FetchedRecord[], begin: number, end: number, topic: string, partition: number) {
  const heads: string[] = [];
  let size = 2 + end - begin - 1;
  for (let index = begin; index < end; index += 1) {
    const { offset, timestampMs, key, value } = records[index]!;
    const text = value && utf8Text(value);
    if (text === null || jsonValue(text) === null) fail(`offset ${offset} is no JSON`);
    const head = `{"specversion":"1.0","id":"${topic}/${partition}/${offset}","source":"/kafka/${topic}","type":"${recordEventType}","time":"${new Date(timestampMs).toISOString()}","partitionkey":"${key?.toString('latin1') ?? ''}","datacontenttype":"application/json","data":`;
    heads.push(head);
    size += head.length + value!.length + 1;
  }
  const body = Buffer.allocUnsafe(size);
  let at = body.write('[');
  for (const [index, head] of heads.entries()) {
    if (index > 0) at += body.write(',', at);
    at += body.write(head, at, 'latin1');
    at += records[begin + index]!.value!.copy(body, at);
    at += body.write('}', at, 'latin1');
  }
  body.write(']', at, 'latin1');
  return body;
}

function fail(why: string): never {
  process.stderr.write(`the bare loop ends: ${why}\n`);
  process.exit(1);
}
