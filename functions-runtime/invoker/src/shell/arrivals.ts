/** Fetched records as the core sees them, and the way back from the core's opaque payload to the record and its event. */
import { type EncodedEvent, encodeEvent, type SourceRecord, type UnfitRecord } from '#contract/cloudevent.ts';
import type { RecordFormat } from '#contract/invoker-contract.ts';
import type { FetchedRecord } from '#kafka/ports.ts';
import type { ArrivedRecord } from '../core/events.ts';

/** What a record costs besides its bytes: objects here, attributes in the batch. */
const overheadBytes = 256;

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

export function payloadOf(record: ArrivedRecord): Payload {
  if (record.payload instanceof Payload) return record.payload;
  throw new Error(`record ${record.offset} has a foreign payload: the core must hand records back as they came`);
}
