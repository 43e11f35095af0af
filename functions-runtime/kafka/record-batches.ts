/** Takes record batches apart, as the log has them: head and checksum first, the records only of those that are wanted. PURE. */
import { decompressed, TooLarge, UnknownCodec } from './decompression.ts';
import { greatestOffset } from './offset-numbers.ts';
import type { FetchedRecord } from './ports.ts';
import { crc32c } from './wire.ts';

export interface RecordBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly attributes: number;
  readonly producerId: bigint;
  readonly firstTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly recordCount: number;
  /** Compressed as the attributes say. */
  readonly body: Buffer;
}

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly code:
    | 'CORRUPT_BATCH'
    | 'BATCH_TOO_LARGE'
    | 'OFFSET_TOO_LARGE'
    | 'UNSUPPORTED_COMPRESSION'
    | 'UNSUPPORTED_FOR_MESSAGE_FORMAT';
  readonly reason: string;
}

export type NextBatch =
  /** `end`: where the next one begins. */
  | { readonly kind: 'batch'; readonly batch: RecordBatch; readonly end: number }
  /** No whole batch is left. */
  | { readonly kind: 'end' }
  | Unreadable;

export const transactionalBit = 0b1_0000;
export const controlBit = 0b10_0000;
const logAppendTimeBit = 0b1000;

/** Bytes: first offset 8, length 4, leader epoch 4, format 1, checksum 4; then what the checksum covers. */
const lengthAt = 8;
const formatAt = 16;
const checksumAt = 17;
const coveredAt = 21;
const bodyAt = 61;
const noName = Buffer.alloc(0);

export function nextBatch(raw: Buffer, at: number): NextBatch {
  if (raw.length - at < bodyAt) return { kind: 'end' };
  const end = at + lengthAt + 4 + raw.readInt32BE(at + lengthAt);
  if (end > raw.length) return { kind: 'end' };
  const format = raw.readInt8(at + formatAt);
  if (format !== 2) return unreadable('UNSUPPORTED_FOR_MESSAGE_FORMAT', `message format ${format}`);
  if (end < at + bodyAt) return unreadable('CORRUPT_BATCH', 'its length is too small');
  if (crc32c(raw.subarray(at + coveredAt, end)) !== raw.readUInt32BE(at + checksumAt)) {
    return unreadable('CORRUPT_BATCH', 'its checksum is wrong');
  }
  const firstOffset = raw.readBigInt64BE(at);
  const lastOffset = firstOffset + BigInt(raw.readInt32BE(at + 23));
  if (lastOffset > greatestOffset) {
    return unreadable('OFFSET_TOO_LARGE', `it ends at offset ${lastOffset}; numbers are exact up to ${greatestOffset}`);
  }
  const batch: RecordBatch = {
    firstOffset: Number(firstOffset),
    attributes: raw.readInt16BE(at + 21),
    lastOffset: Number(lastOffset),
    firstTimestampMs: Number(raw.readBigInt64BE(at + 27)),
    maxTimestampMs: Number(raw.readBigInt64BE(at + 35)),
    producerId: raw.readBigInt64BE(at + 43),
    recordCount: raw.readInt32BE(at + 57),
    body: raw.subarray(at + bodyAt, end),
  };
  return { kind: 'batch', batch, end };
}

/** All records of a batch at once; never more than `maxBytes` of them after decompression. */
export function recordsOf(batch: RecordBatch, maxBytes: number): FetchedRecord[] | Unreadable {
  const opened = openBatch(batch, maxBytes);
  if (!(opened instanceof OpenBatch)) return opened;
  const records: FetchedRecord[] = [];
  for (let record = opened.next(); record !== null; record = opened.next()) {
    if ('kind' in record) return record;
    records.push(record);
  }
  return records;
}

/** Opens a batch to be read record by record; never more than `maxBytes` after decompression. */
export function openBatch(batch: RecordBatch, maxBytes: number): OpenBatch | Unreadable {
  try {
    return new OpenBatch(batch, decompressed(batch.attributes, batch.body, maxBytes));
  } catch (error) {
    if (error instanceof TooLarge) return unreadable('BATCH_TOO_LARGE', `it holds more than ${maxBytes} bytes`);
    if (error instanceof UnknownCodec) return unreadable('UNSUPPORTED_COMPRESSION', error.message);
    return corrupt(error);
  }
}

/** A batch that is being read. */
export class OpenBatch {
  readonly batch: RecordBatch;
  /** What it keeps in memory besides the answer that it came in. */
  readonly heldBytes: number;
  readonly #cursor: Cursor;
  readonly #timestampMs: number | undefined;
  #left: number;
  #nextOffset: number;

  constructor(batch: RecordBatch, body: Buffer) {
    this.batch = batch;
    // Its own copy of what was not compressed, unless it is most of the answer: a record that waits long must keep its batch and not the others.
    const isMost = body.length * 2 > body.buffer.byteLength;
    const own = body === batch.body && !isMost ? Buffer.from(body) : body;
    this.heldBytes = own === batch.body ? 0 : own.length;
    this.#cursor = new Cursor(own);
    this.#timestampMs = batch.attributes & logAppendTimeBit ? batch.maxTimestampMs : undefined;
    this.#left = batch.recordCount;
    this.#nextOffset = batch.firstOffset;
  }

  /** Null after the last. */
  next(): FetchedRecord | Unreadable | null {
    if (this.#left <= 0) return null;
    this.#left -= 1;
    try {
      const record = readRecord(this.#cursor, this.batch, this.#timestampMs);
      const { offset } = record;
      // Brokers do not look at these. Taken as they are, records behind a wrong offset would pass for ones that were read before.
      if (offset < this.#nextOffset || offset > this.batch.lastOffset) {
        return unreadable('CORRUPT_BATCH', `a record says that its offset is ${offset}, which is not in its turn`);
      }
      this.#nextOffset = offset + 1;
      return record;
    } catch (error) {
      return corrupt(error);
    }
  }
}

function corrupt(error: unknown): Unreadable {
  return unreadable('CORRUPT_BATCH', error instanceof Error ? error.message : String(error));
}

const noHeaders: FetchedRecord['headers'] = [];

function readRecord(cursor: Cursor, batch: RecordBatch, timestampMs: number | undefined): FetchedRecord {
  const length = cursor.varint();
  const end = cursor.at + length;
  cursor.skip(1); // attributes, unused
  const timestampDelta = cursor.varint();
  const offsetDelta = cursor.varint();
  const key = cursor.bytes();
  const value = cursor.bytes();
  const count = cursor.varint();
  const headers = count > 0 ? readHeaders(cursor, count) : noHeaders;
  if (cursor.at !== end) throw new RangeError('a record does not end where it says');
  return {
    offset: batch.firstOffset + offsetDelta,
    timestampMs: timestampMs ?? batch.firstTimestampMs + timestampDelta,
    key,
    value,
    headers,
  };
}

function readHeaders(cursor: Cursor, count: number): FetchedRecord['headers'] {
  const headers: (readonly [Buffer, Buffer | null])[] = [];
  for (let i = 0; i < count; i += 1) headers.push([cursor.bytes() ?? noName, cursor.bytes()]);
  return headers;
}

function unreadable(code: Unreadable['code'], reason: string): Unreadable {
  return { kind: 'unreadable', code, reason };
}

/** Reads forward; throws RangeError at the end of the bytes. */
class Cursor {
  readonly #data: Buffer;
  at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  skip(count: number): void {
    this.at += count;
    if (this.at > this.#data.length) throw new RangeError('a record ends too early');
  }

  /** A zigzag varint: lengths, deltas of offsets and of milliseconds. Beyond 2^53, where only an absurd time can be, inexact. */
  varint(): number {
    const data = this.#data;
    let byte = this.#byte(data);
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let factor = 0x80; ; factor *= 0x80) {
      byte = this.#byte(data);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
      if (factor > 2 ** 63) throw new RangeError('a number is too long');
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Length and bytes; null for length -1. The bytes are a window on the batch, not a copy. */
  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const begin = this.at;
    this.skip(length);
    return this.#data.subarray(begin, this.at);
  }

  #byte(data: Buffer): number {
    const byte = data[this.at];
    if (byte === undefined) throw new RangeError('a record ends too early');
    this.at += 1;
    return byte;
  }
}
