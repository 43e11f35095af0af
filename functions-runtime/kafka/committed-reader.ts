/** What a read_committed reader may see of the raw batches of one partition, and where it goes on. PURE. */
import type { FetchedRecord } from './ports.ts';

export interface RawRecord {
  readonly offsetDelta: number;
  readonly timestampDelta: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: Buffer | null, value: Buffer | null])[];
}

export interface RawBatch {
  readonly firstOffset: bigint;
  readonly lastOffsetDelta: number;
  readonly attributes: number;
  readonly producerId: bigint;
  readonly firstTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly records: readonly RawRecord[];
}

/** A transaction that was aborted: `producerId`'s transactional batches from `firstOffset` up to its abort marker. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export interface VisibleRecords {
  readonly records: FetchedRecord[];
  /** After the last batch, markers and aborted ones included. */
  readonly nextPosition: number;
}

const logAppendTimeBit = 0b1000;
const transactionalBit = 0b1_0000;
const controlBit = 0b10_0000;
const noName = Buffer.alloc(0);

/**
 * `batches` in log order from the one that holds `position`; `aborted` as the broker named them for this answer.
 * One producer may abort, commit, and abort again within an answer, and an abort marker may lie in the next one: so
 * the list of aborted transactions is walked along with the batches.
 */
export function visibleRecords(
  batches: readonly RawBatch[],
  aborted: readonly AbortedTransaction[],
  position: number,
): VisibleRecords {
  const ahead = aborted.toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  const aborting = new Set<bigint>();
  const records: FetchedRecord[] = [];
  let nextPosition = position;
  let passed = 0;
  for (const batch of batches) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    for (; passed < ahead.length && ahead[passed]!.firstOffset <= last; passed += 1) {
      aborting.add(ahead[passed]!.producerId);
    }
    if (batch.attributes & controlBit) {
      if (isAbortMarker(batch)) aborting.delete(batch.producerId);
    } else if (!(batch.attributes & transactionalBit && aborting.has(batch.producerId))) {
      appendFrom(batch, position, records);
    }
    nextPosition = Math.max(nextPosition, Number(last) + 1);
  }
  return { records, nextPosition };
}

/** A marker's key: version (int16), kind (int16; 0 abort, 1 commit). */
function isAbortMarker(batch: RawBatch): boolean {
  const key = batch.records[0]?.key;
  return key !== null && key !== undefined && key.length >= 4 && key.readInt16BE(2) === 0;
}

function appendFrom(batch: RawBatch, position: number, into: FetchedRecord[]): void {
  const first = Number(batch.firstOffset);
  const firstTimestampMs = Number(batch.firstTimestamp);
  const brokerTimestampMs = batch.attributes & logAppendTimeBit ? Number(batch.maxTimestamp) : undefined;
  for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
    const offset = first + offsetDelta;
    // A broker gives whole batches, also when asked for the middle of one.
    if (offset < position) continue;
    into.push({
      offset,
      timestampMs: brokerTimestampMs ?? firstTimestampMs + Number(timestampDelta),
      key,
      value,
      headers: headers.map(([name, content]) => [name ?? noName, content] as const),
    });
  }
}
