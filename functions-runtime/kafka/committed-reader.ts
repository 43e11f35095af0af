/** What a read_committed reader may see of the batches of one partition, and where it goes on. PURE. */
import type { FetchedRecord } from './ports.ts';
import {
  controlBit,
  nextBatch,
  type RecordBatch,
  recordsOf,
  transactionalBit,
  type Unreadable,
} from './record-batches.ts';

/** A transaction that was aborted: `producerId`'s transactional batches from `firstOffset` up to its abort marker. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export type Portion =
  | {
      readonly kind: 'records';
      /** Visible, at or above the position. */
      readonly records: FetchedRecord[];
      /** After the last batch of it, markers and aborted ones included. */
      readonly nextPosition: number;
    }
  | { readonly kind: 'end' }
  | Unreadable;

export interface ReaderLimits {
  /** A portion ends after the batch with which it holds this many bytes: a reader without room can stop after it. */
  readonly portionBytes: number;
  /** A batch may hold no more than this, decompressed. */
  readonly batchMaxBytes: number;
}

/**
 * Reads one answer. One producer may abort, commit, and abort again within it, and an abort marker may lie in the
 * next one: so the list of aborted transactions, as the broker gave it, is walked along with the batches.
 */
export class CommittedReader {
  readonly #raw: Buffer;
  readonly #ahead: readonly AbortedTransaction[];
  readonly #aborting = new Set<bigint>();
  readonly #limits: ReaderLimits;
  #position: number;
  #at = 0;
  #passed = 0;

  constructor(raw: Buffer, aborted: readonly AbortedTransaction[], position: number, limits: ReaderLimits) {
    this.#raw = raw;
    this.#ahead = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
    this.#position = position;
    this.#limits = limits;
  }

  /** The next batches; an unreadable one is told when all before it have been given out. */
  next(): Portion {
    const records: FetchedRecord[] = [];
    const begin = this.#position;
    let bytes = 0;
    while (bytes < this.#limits.portionBytes) {
      const next = nextBatch(this.#raw, this.#at);
      const seen = next.kind === 'batch' ? this.#see(next.batch) : next;
      if ('kind' in seen) {
        if (this.#position > begin) break;
        return seen;
      }
      if (next.kind === 'batch') this.#at = next.end;
      for (const record of seen) {
        // A broker gives whole batches, also when asked for the middle of one.
        if (record.offset < begin) continue;
        records.push(record);
        bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
      }
    }
    return { kind: 'records', records, nextPosition: this.#position };
  }

  #see(batch: RecordBatch): readonly FetchedRecord[] | Unreadable {
    const ahead = this.#ahead;
    for (; this.#passed < ahead.length && ahead[this.#passed]!.firstOffset <= batch.lastOffset; this.#passed += 1) {
      this.#aborting.add(ahead[this.#passed]!.producerId);
    }
    const isControl = (batch.attributes & controlBit) !== 0;
    const isAborted = (batch.attributes & transactionalBit) !== 0 && this.#aborting.has(batch.producerId);
    const read = isAborted && !isControl ? [] : recordsOf(batch, this.#limits.batchMaxBytes);
    if ('kind' in read) return read;
    this.#position = Math.max(this.#position, batch.lastOffset + 1);
    if (!isControl) return read;
    if (isAbortMarker(read[0])) this.#aborting.delete(batch.producerId);
    return [];
  }
}

/** A marker's key: version (int16), kind (int16; 0 abort, 1 commit). */
function isAbortMarker(record: FetchedRecord | undefined): boolean {
  const key = record?.key;
  return key !== null && key !== undefined && key.length >= 4 && key.readInt16BE(2) === 0;
}
