/** What a read_committed reader may see of the batches of one partition, and where it goes on. PURE. */
import type { FetchedRecord } from './ports.ts';
import {
  controlBit,
  nextBatch,
  OpenBatch,
  openBatch,
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
      /** After its last record and the markers, aborted records and gaps behind that. */
      readonly nextPosition: number;
    }
  | { readonly kind: 'end' }
  | Unreadable;

export interface ReaderLimits {
  /** A portion ends with the record with which it costs this many bytes of memory: a reader without room can stop after it. */
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
  #open: OpenBatch | null = null;
  #fault: Unreadable | null = null;

  constructor(raw: Buffer, aborted: readonly AbortedTransaction[], position: number, limits: ReaderLimits) {
    this.#raw = raw;
    this.#ahead = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
    this.#position = position;
    this.#limits = limits;
  }

  /** What it keeps in memory. */
  get heldBytes(): number {
    return this.#raw.length + (this.#open?.heldBytes ?? 0);
  }

  /** The next records; what is unreadable is told when all before it have been given out. */
  next(): Portion {
    const records: FetchedRecord[] = [];
    const begin = this.#position;
    let bytes = 0;
    while (bytes < this.#limits.portionBytes) {
      const read = this.#read();
      if (read === null) continue;
      if ('kind' in read) {
        if (this.#position > begin) break;
        return read;
      }
      records.push(read);
      bytes += recordCostBytes + (read.key?.length ?? 0) + (read.value?.length ?? 0);
    }
    return { kind: 'records', records, nextPosition: this.#position };
  }

  /** One record at or above the position; null: nothing that is visible, go on. */
  #read(): FetchedRecord | { readonly kind: 'end' } | Unreadable | null {
    if (this.#fault !== null) return this.#fault;
    if (this.#open === null) return this.#openNext();
    const record = this.#open.next();
    if (record === null) {
      this.#passTo(this.#open.batch.lastOffset + 1);
      this.#open = null;
      return null;
    }
    if ('kind' in record) {
      this.#fault = record;
      return record;
    }
    // A broker gives whole batches, also when asked for the middle of one.
    if (record.offset < this.#position) return null;
    this.#passTo(record.offset + 1);
    return record;
  }

  #openNext(): { readonly kind: 'end' } | Unreadable | null {
    const next = nextBatch(this.#raw, this.#at);
    if (next.kind !== 'batch') return next;
    const { batch } = next;
    const ahead = this.#ahead;
    for (; this.#passed < ahead.length && ahead[this.#passed]!.firstOffset <= batch.lastOffset; this.#passed += 1) {
      this.#aborting.add(ahead[this.#passed]!.producerId);
    }
    const seen = this.#see(batch);
    if (seen !== null && !(seen instanceof OpenBatch)) return seen;
    this.#at = next.end;
    this.#open = seen;
    if (seen === null) this.#passTo(batch.lastOffset + 1);
    return null;
  }

  /** Null: nobody may see what is in it. */
  #see(batch: RecordBatch): OpenBatch | Unreadable | null {
    const { batchMaxBytes } = this.#limits;
    if ((batch.attributes & controlBit) !== 0) {
      const marker = recordsOf(batch, batchMaxBytes);
      if ('kind' in marker) return marker;
      if (isAbortMarker(marker[0])) this.#aborting.delete(batch.producerId);
      return null;
    }
    const isAborted = (batch.attributes & transactionalBit) !== 0 && this.#aborting.has(batch.producerId);
    return isAborted ? null : openBatch(batch, batchMaxBytes);
  }

  #passTo(position: number): void {
    this.#position = Math.max(this.#position, position);
  }
}

/** The objects of a record, besides its bytes (measured: 520 bytes on 64-bit Node 26). */
const recordCostBytes = 512;

/** A marker's key: version (int16), kind (int16; 0 abort, 1 commit). */
function isAbortMarker(record: FetchedRecord | undefined): boolean {
  const key = record?.key;
  return key !== null && key !== undefined && key.length >= 4 && key.readInt16BE(2) === 0;
}
