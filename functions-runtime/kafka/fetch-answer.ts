/** Reads a broker's answer to Fetch v17 and leaves the records as bytes: one unreadable batch must not spoil the answer. PURE. */
import type { Reader } from '@platformatic/kafka';
import type { AbortedTransaction } from './committed-reader.ts';

export interface FetchedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches, the last of them perhaps cut off. */
  readonly batches: Buffer;
}

export interface FetchAnswer {
  readonly errorCode: number;
  /** 0: the broker keeps none. */
  readonly sessionId: number;
  readonly partitions: readonly FetchedPartition[];
}

const none = Buffer.alloc(0);

/** The protocol's order of fields; what this room has no use for is read and dropped. */
export function readFetchAnswer(
  _correlationId: number,
  _apiKey: number,
  _apiVersion: number,
  reader: Reader,
): FetchAnswer {
  reader.readInt32(); // throttle time
  const errorCode = reader.readInt16();
  const sessionId = reader.readInt32();
  const topics = reader.readArray((topic) => {
    const topicId = topic.readUUID();
    return topic.readArray((row) => readPartition(row, topicId), true, false);
  });
  return { errorCode, sessionId, partitions: topics.flat() };
}

function readPartition(reader: Reader, topicId: string): FetchedPartition {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  reader.readInt64(); // high watermark
  reader.readInt64(); // last stable offset
  reader.readInt64(); // log start
  const aborted = reader.readNullableArray((row) => ({ producerId: row.readInt64(), firstOffset: row.readInt64() }));
  reader.readInt32(); // preferred read replica
  // The length is written plus one; 0 stands for null.
  const length = reader.readUnsignedVarInt() - 1;
  const batches = length > 0 ? reader.buffer.slice(reader.position, reader.position + length) : none;
  if (length > 0) reader.skip(length);
  reader.readTaggedFields();
  return { topicId, partition, errorCode, aborted: aborted ?? [], batches };
}
