/** Test support: record batches as bytes, written by the client's encoder, then bent to what only brokers or bad clients write. */
import { createRecordsBatch } from '@platformatic/kafka';
import { crc32c } from './wire.ts';

export interface BatchWish {
  readonly firstOffset: number | bigint;
  readonly values: readonly (string | null)[];
  readonly producerId?: bigint;
  readonly transactional?: boolean;
  /** A marker that ends a transaction, instead of values. */
  readonly marker?: 'abort' | 'commit';
  /** As compaction leaves it: the batch ends where it ended, with fewer records. */
  readonly lastOffsetDelta?: number;
  readonly logAppendTime?: boolean;
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly timestampsMs?: readonly number[];
}

export function rawBatch(wish: BatchWish): Buffer {
  const values = wish.marker ? ['marker'] : wish.values.length > 0 ? wish.values : ['dropped'];
  const messages = values.map((value, index) => ({
    topic: 't',
    partition: 0,
    ...(wish.marker && { key: Buffer.from([0, 0, 0, wish.marker === 'abort' ? 0 : 1]) }),
    value: (value === null ? null : Buffer.from(value)) as Buffer,
    timestamp: BigInt(wish.timestampsMs?.[index] ?? 1_000 + index),
  }));
  const options = { compression: wish.compression ?? 'none', producerId: wish.producerId ?? -1n } as const;
  const encoded = Buffer.from(createRecordsBatch(messages, options).buffer);
  const raw = !wish.marker && wish.values.length === 0 ? withoutRecords(encoded) : encoded;
  raw.writeBigInt64BE(BigInt(wish.firstOffset), 0);
  let attributes = raw.readInt16BE(21);
  if (wish.transactional || wish.marker) attributes |= 16;
  if (wish.marker) attributes |= 32;
  if (wish.logAppendTime) attributes |= 8;
  raw.writeInt16BE(attributes, 21);
  if (wish.lastOffsetDelta !== undefined) raw.writeInt32BE(wish.lastOffsetDelta, 23);
  return withChecksum(raw);
}

export function withChecksum(raw: Buffer): Buffer {
  raw.writeUInt32BE(crc32c(raw.subarray(21)), 17);
  return raw;
}

function withoutRecords(raw: Buffer): Buffer {
  const head = Buffer.from(raw.subarray(0, 61));
  head.writeInt32BE(61 - 12, 8);
  head.writeInt32BE(0, 57);
  return head;
}
