/** Fetched records as the core sees them, and the way back from the core's opaque payload to the record and its event. */
import { type EncodedEvent, encodeEvent, type SourceRecord, type UnfitRecord } from '#contract/cloudevent.ts';
import type { RecordFormat } from '#contract/invoker-contract.ts';
import type { FetchedRecord } from '#kafka/ports.ts';
import type { ArrivedRecord } from '../core/events.ts';

/** What a record costs in memory besides its bytes: the objects around them (measured: 520 bytes on 64-bit Node 26). */
const overheadBytes = 512;

/** The payload of an arrived record. Its event is made once, at the first call. */
export class Payload {
  readonly record: SourceRecord;
  readonly #format: RecordFormat;
  #event: EncodedEvent | UnfitRecord | undefined;

  constructor(record: SourceRecord, format: RecordFormat) {
    this.record = record;
    this.#format = format;
  }

  get event(): EncodedEvent | UnfitRecord {
    this.#event ??= encodeEvent(this.record, this.#format);
    return this.#event;
  }
}

export function arrived(fetched: FetchedRecord, topic: string, partition: number, format: RecordFormat): ArrivedRecord {
  const { offset, timestampMs, key, value, headers } = fetched;
  let bytes = overheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, content] of headers) bytes += name.length + (content?.length ?? 0);
  const payload = new Payload({ topic, partition, offset, timestampMs, key, value, headers }, format);
  return { offset, bytes, timestampMs, payload };
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

export function payloadOf(record: ArrivedRecord): Payload {
  if (record.payload instanceof Payload) return record.payload;
  throw new Error(`record ${record.offset} has a foreign payload: the core must hand records back as they came`);
}
