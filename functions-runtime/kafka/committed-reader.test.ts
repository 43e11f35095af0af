/** A read_committed reader sees what was committed, nothing else, and steps past the rest exactly. */
import { describe, expect, test } from 'vitest';
import { type AbortedTransaction, CommittedReader, type Portion } from './committed-reader.ts';
import { type BatchWish, rawBatch, withChecksum } from './given-batches.ts';
import type { FetchedRecord } from './ports.ts';

/** Two records of 600 bytes, each with what its objects cost besides. */
const limits = { portionBytes: 2_000, batchMaxBytes: 1_000_000 };
const batch = (firstOffset: number, values: readonly string[], rest: Partial<BatchWish> = {}) =>
  rawBatch({ firstOffset, values, ...rest });
const inTransaction = (producerId: bigint) => ({ transactional: true, producerId });
const marker = (firstOffset: number, producerId: bigint, end: 'abort' | 'commit') =>
  rawBatch({ firstOffset, values: [], producerId, marker: end });

function portions(log: readonly Buffer[], aborted: readonly AbortedTransaction[], position: number): Portion[] {
  const reader = new CommittedReader(Buffer.concat(log), aborted, position, limits);
  const seen: Portion[] = [];
  for (let portion = reader.next(); portion.kind !== 'end'; portion = reader.next()) {
    seen.push(portion);
    if (portion.kind === 'unreadable') break;
  }
  return seen;
}

function visibleRecords(log: readonly Buffer[], aborted: readonly AbortedTransaction[], position: number) {
  const records: FetchedRecord[] = [];
  let nextPosition = position;
  for (const portion of portions(log, aborted, position)) {
    if (portion.kind !== 'records') throw new Error(portion.kind);
    records.push(...portion.records);
    nextPosition = portion.nextPosition;
  }
  return { records, nextPosition };
}

const values = (seen: { readonly records: readonly FetchedRecord[] }) => seen.records.map(({ value }) => String(value));

describe('D10 transactions', () => {
  test('one producer that aborts, commits, aborts, commits', () => {
    const log = [
      batch(0, ['ab1-0', 'ab1-1'], inTransaction(7n)),
      marker(2, 7n, 'abort'),
      batch(3, ['ok1'], inTransaction(7n)),
      marker(4, 7n, 'commit'),
      batch(5, ['ab2'], inTransaction(7n)),
      marker(6, 7n, 'abort'),
      batch(7, ['ok2'], inTransaction(7n)),
      marker(8, 7n, 'commit'),
    ];
    const aborted = [
      { producerId: 7n, firstOffset: 5n },
      { producerId: 7n, firstOffset: 0n },
    ];
    const seen = visibleRecords(log, aborted, 0);
    expect(values(seen)).toEqual(['ok1', 'ok2']);
    expect(seen.nextPosition).toBe(9);
  });

  test('an aborted transaction whose marker is not in this answer', () => {
    const seen = visibleRecords([batch(0, ['ab'], inTransaction(7n))], [{ producerId: 7n, firstOffset: 0n }], 0);
    expect(values(seen)).toEqual([]);
    expect(seen.nextPosition).toBe(1);
  });

  test('an aborted transaction that began before the position', () => {
    const log = [batch(10, ['ab'], inTransaction(7n)), marker(11, 7n, 'abort'), batch(12, ['plain'])];
    expect(values(visibleRecords(log, [{ producerId: 7n, firstOffset: 2n }], 10))).toEqual(['plain']);
  });

  test('records of others among an aborted transaction, and plain ones of its own producer', () => {
    const log = [
      batch(0, ['ab-a'], inTransaction(7n)),
      batch(1, ['other'], inTransaction(8n)),
      batch(2, ['plain'], { producerId: 7n }),
      batch(3, ['ab-b'], inTransaction(7n)),
      marker(4, 7n, 'abort'),
      marker(5, 8n, 'commit'),
    ];
    expect(values(visibleRecords(log, [{ producerId: 7n, firstOffset: 0n }], 0))).toEqual(['other', 'plain']);
  });

  test('markers alone move the position', () => {
    expect(visibleRecords([marker(4, 7n, 'commit')], [], 4)).toEqual({ records: [], nextPosition: 5 });
  });
});

describe('positions', () => {
  test('in the middle of a batch: what lies below is dropped', () => {
    const seen = visibleRecords([batch(10, ['a', 'b', 'c'])], [], 11);
    expect(seen.records.map(({ offset }) => offset)).toEqual([11, 12]);
    expect(seen.nextPosition).toBe(13);
  });

  test('D10 a batch that compaction emptied, or cut short, ends where it ended', () => {
    const holes = batch(20, ['kept'], { lastOffsetDelta: 9 });
    expect(visibleRecords([holes], [], 20).nextPosition).toBe(30);
    expect(visibleRecords([batch(30, [], { lastOffsetDelta: 4 })], [], 30).nextPosition).toBe(35);
  });

  test('nothing fetched: where we were', () => {
    expect(visibleRecords([], [], 42)).toEqual({ records: [], nextPosition: 42 });
  });
});

describe('timestamps', () => {
  test('of the producer are told per record', () => {
    expect(visibleRecords([batch(0, ['a', 'b'])], [], 0).records.map(({ timestampMs }) => timestampMs)).toEqual([
      1_000, 1_001,
    ]);
  });

  test('of the log are one for the batch', () => {
    const seen = visibleRecords([batch(0, ['a', 'b'], { logAppendTime: true })], [], 0);
    expect(seen.records.map(({ timestampMs }) => timestampMs)).toEqual([1_001, 1_001]);
  });
});

describe('portions', () => {
  const log = Array.from({ length: 5 }, (_, i) => batch(i, ['x'.repeat(600)]));

  test('D9 end with the record that fills them, so that a reader without room can stop', () => {
    const counts = portions(log, [], 0).map((portion) => portion.kind === 'records' && portion.records.length);
    expect(counts).toEqual([2, 2, 1]);
  });

  test('D9 D1 end within a batch, and each names where the next begins', () => {
    const large = batch(
      10,
      Array.from({ length: 5 }, (_, i) => `${i}`.repeat(600)),
      { lastOffsetDelta: 9 },
    );
    const seen = portions([large, batch(20, ['after'])], [], 11);
    expect(seen.map((portion) => portion.kind === 'records' && portion.records.map(({ offset }) => offset))).toEqual([
      [11, 12],
      [13, 14],
      [20],
    ]);
    expect(seen.map((portion) => portion.kind === 'records' && portion.nextPosition)).toEqual([13, 15, 21]);
  });

  test('D1 a record in the middle of a batch that ends where it should not: told after the records before it', () => {
    const bad = batch(0, ['a', 'b', 'c']);
    // The length of the last record.
    bad[bad.length - 8]! += 2;
    const seen = portions([withChecksum(bad), batch(3, ['d'])], [], 0);
    expect(seen).toMatchObject([
      { kind: 'records', records: [{ offset: 0 }, { offset: 1 }], nextPosition: 2 },
      { kind: 'unreadable', code: 'CORRUPT_BATCH' },
    ]);
  });

  test('a cut-off batch at the end is left for the next answer', () => {
    const raw = Buffer.concat(log);
    expect(visibleRecords([raw.subarray(0, raw.length - 1)], [], 0).nextPosition).toBe(4);
  });

  test('D1 an unreadable batch is told after all before it, and nothing after it is given out', () => {
    const bad = Buffer.from(log[1]!);
    bad[70]! ^= 1;
    const seen = portions([log[0]!, bad, log[2]!], [], 0);
    expect(seen).toMatchObject([
      { kind: 'records', nextPosition: 1 },
      { kind: 'unreadable', code: 'CORRUPT_BATCH' },
    ]);
  });

  test('an unreadable batch of an aborted transaction is passed: nobody may see it anyway', () => {
    const bomb = batch(0, ['x'.repeat(2_000_000)], { ...inTransaction(7n), compression: 'zstd' });
    expect(portions([bomb], [], 0)).toMatchObject([{ kind: 'unreadable', code: 'BATCH_TOO_LARGE' }]);
    expect(visibleRecords([bomb], [{ producerId: 7n, firstOffset: 0n }], 0).nextPosition).toBe(1);
  });
});
