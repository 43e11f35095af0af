/** The model's broker: one log per partition with gaps, committed offsets that are checked as they come (D1, D2), and an output topic (P3). */
import {
  type CommitMetadata,
  decodeCommitMetadata,
  encodeCommitMetadata,
  metadataMaxBytes,
} from '#contract/commit-metadata.ts';
import type { ArrivedRecord, OutgoingRecord } from '../events.ts';
import { type Fate, type Nature, newFate, noteWritten, promise } from './fates.ts';
import { fetchBytes } from './terms.ts';

export const topicId = 'topic-1';

export class PartitionLog {
  readonly partition: number;
  /** Visible records, ascending. */
  readonly fates: Fate[] = [];
  /** Last stable offset: after the last record and the gaps behind it. */
  end: number;
  committed: { offset: number; text: string };
  takeOvers = 0;
  uncleanTakeOvers = 0;
  /** Calls of a record that blocked the partition at that time. */
  retrials = 0;
  readonly #byOffset = new Map<number, Fate>();

  constructor(partition: number, firstOffset: number) {
    this.partition = partition;
    this.end = firstOffset;
    this.committed = { offset: firstOffset, text: '' };
  }

  /** `gap`: offsets without a visible record before this one. */
  append(nature: Nature, gap: number): void {
    const fate = newFate(this.partition, this.end + gap, nature);
    this.fates.push(fate);
    this.#byOffset.set(fate.offset, fate);
    this.end = fate.offset + 1;
  }

  /** A marker at the end of the log. */
  appendMarker(): void {
    this.end += 1;
  }

  /** Each record of which `isSettled` was settled by an owner before the story, which then let go in order. */
  settleBefore(isSettled: (index: number) => boolean): void {
    const settled = this.fates.filter((_, index) => isSettled(index));
    for (const fate of settled) fate.settledBefore = true;
    const settledAbove = settled.map(({ offset }) => [offset, offset] as const);
    const metadata = { epoch: 1, topicId, released: true, settledAbove, attempts: [] };
    this.committed = { ...this.committed, text: encodeCommitMetadata(metadata) };
  }

  fate(offset: number): Fate {
    return this.#byOffset.get(offset)!;
  }

  from(position: number): Fate[] {
    return this.fates.filter(({ offset }) => offset >= position);
  }

  /** One fetch: some records from the position, up to `fetchBytes` but at least one, and the gap behind them. */
  read(position: number, most: number): { records: ArrivedRecord[]; nextPosition: number } {
    const records: ArrivedRecord[] = [];
    let bytes = 0;
    for (const { offset, bytes: cost } of this.from(position)) {
      if (records.length >= most || (records.length > 0 && bytes + cost > fetchBytes)) break;
      records.push({ offset, bytes: cost, timestampMs: 0, payload: offset });
      bytes += cost;
    }
    const beyond = this.from((records.at(-1)?.offset ?? position - 1) + 1)[0];
    return { records, nextPosition: beyond?.offset ?? this.end };
  }

  /** The epoch that a new owner commits before anything else, as the shell does. */
  takeOver(): { epoch: number; position: number; memory: CommitMetadata | null; unclean: boolean } {
    const memory = decodeCommitMetadata(this.committed.text);
    const epoch = (memory?.epoch ?? 0) + 1;
    const unclean = memory !== null && !memory.released;
    this.takeOvers += 1;
    if (unclean) this.uncleanTakeOvers += 1;
    const kept = memory ?? { topicId, settledAbove: [], attempts: [] };
    this.committed = { ...this.committed, text: encodeCommitMetadata({ ...kept, epoch, released: false }) };
    return { epoch, position: this.committed.offset, memory, unclean };
  }

  commit(offset: number, metadata: CommitMetadata, settled: (fate: Fate) => boolean): void {
    const { partition } = this;
    const before = this.committed.offset;
    promise(offset >= before, 'D2', () => `p${partition}: commit ${offset} after ${before}`);
    promise(offset <= this.end, 'D1', () => `p${partition}: commit ${offset} is past the end ${this.end}`);
    for (const fate of this.fates) {
      if (fate.offset < before || fate.offset >= offset) continue;
      promise(
        settled(fate),
        'D1',
        () => `p${partition}: commit ${offset}, but ${fate.offset} (${fate.nature}) is not settled`,
      );
    }
    const text = encodeCommitMetadata(metadata);
    promise(text.length <= metadataMaxBytes, 'D6', () => `the metadata has ${text.length} bytes`);
    this.committed = { offset, text };
  }

  write(record: OutgoingRecord, settled: (fate: Fate) => boolean, mayBeDead: (fate: Fate) => boolean): void {
    const fate = this.fate(record.source.offset);
    const { partition } = this;
    if (record.kind === 'dead-letter') {
      promise(
        mayBeDead(fate),
        'D8',
        () => `p${partition}: ${fate.offset} (${fate.nature}) is dead-lettered without cause`,
      );
    }
    for (const earlier of this.fates) {
      if (earlier.offset < this.committed.offset || earlier.offset >= fate.offset) continue;
      promise(
        settled(earlier),
        'P3',
        () => `p${partition}: output of ${fate.offset} is written before that of ${earlier.offset}`,
      );
    }
    noteWritten(record, fate);
  }
}
