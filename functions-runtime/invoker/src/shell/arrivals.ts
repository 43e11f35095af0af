/** Fetched records as the core sees them, and the way back from the core's opaque payload to the record and its event. */
import { type EncodedEvent, encodeEvent, type SourceRecord, type UnfitRecord } from '#contract/cloudevent.ts';
import type { RecordFormat } from '#contract/invoker-contract.ts';
import type { FetchedRecord } from '#kafka/ports.ts';
import type { ArrivedRecord } from '../core/events.ts';

/** What a record costs in memory besides its bytes: the objects around them (measured: 520 bytes on 64-bit Node 26). */
const overheadBytes = 512;

/** Where records come from and how they are to be read: the same for all of a partition. */
export interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly format: RecordFormat;
}

/**
 * An arrived record, its own payload, and the record in its source: one object for all three, for there are as many of them as anything in this
 * process. Its event is made once, at the first call.
 */
export class Arrival implements ArrivedRecord, SourceRecord {
  readonly bytes: number;
  readonly #fetched: FetchedRecord;
  readonly #origin: Origin;
  #event: EncodedEvent | UnfitRecord | undefined;

  constructor(fetched: FetchedRecord, origin: Origin) {
    const { key, value, headers } = fetched;
    let bytes = overheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
    for (const [name, content] of headers) bytes += name.length + (content?.length ?? 0);
    this.bytes = bytes;
    this.#fetched = fetched;
    this.#origin = origin;
  }

  get payload(): Arrival {
    return this;
  }
  get event(): EncodedEvent | UnfitRecord {
    this.#event ??= encodeEvent(this, this.#origin.format);
    return this.#event;
  }
  get topic(): string {
    return this.#origin.topic;
  }
  get partition(): number {
    return this.#origin.partition;
  }
  get offset(): number {
    return this.#fetched.offset;
  }
  get timestampMs(): number {
    return this.#fetched.timestampMs;
  }
  get key(): Buffer | null {
    return this.#fetched.key;
  }
  get value(): Buffer | null {
    return this.#fetched.value;
  }
  get headers(): FetchedRecord['headers'] {
    return this.#fetched.headers;
  }
}

/**
 * The same records, moved together when they use less than half of the memory that they would hold: an answer to a fetch is one piece, and a
 * record that waits long must not keep the records of other partitions (D9).
 */
export function compacted(fetched: readonly FetchedRecord[]): readonly FetchedRecord[] {
  let used = 0;
  let held = 0;
  for (const { key, value, headers } of fetched) {
    held = Math.max(held, value?.buffer.byteLength ?? 0);
    used += (key?.length ?? 0) + (value?.length ?? 0);
    for (const [name, content] of headers) used += name.length + (content?.length ?? 0);
  }
  if (used * 2 > held) return fetched;
  const room = Buffer.allocUnsafeSlow(used);
  let at = 0;
  const moved = (bytes: Buffer): Buffer => {
    const from = at;
    at += bytes.copy(room, at);
    return room.subarray(from, at);
  };
  return fetched.map(({ key, value, headers, ...rest }) => ({
    ...rest,
    key: key && moved(key),
    value: value && moved(value),
    headers: headers.map(([name, content]) => [moved(name), content && moved(content)] as const),
  }));
}

export function arrivalOf(record: ArrivedRecord): Arrival {
  if (record.payload instanceof Arrival) return record.payload;
  throw new Error(`record ${record.offset} has a foreign payload: the core must hand records back as they came`);
}
