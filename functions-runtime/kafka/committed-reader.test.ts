/** A read_committed reader sees what was committed, nothing else, and steps past the rest exactly. */
import { describe, expect, test } from 'vitest';
import { type RawBatch, visibleRecords } from './committed-reader.ts';

const transactional = 16;
const control = 32;
const logAppendTime = 8;

function batch(firstOffset: number, values: readonly string[], rest: Partial<RawBatch> = {}): RawBatch {
  return {
    firstOffset: BigInt(firstOffset),
    lastOffsetDelta: values.length - 1,
    attributes: 0,
    producerId: -1n,
    firstTimestamp: 1_000n,
    maxTimestamp: 5_000n,
    records: values.map((value, offsetDelta) => ({
      offsetDelta,
      timestampDelta: BigInt(offsetDelta),
      key: null,
      value: Buffer.from(value),
      headers: [],
    })),
    ...rest,
  };
}

const inTransaction = (producerId: bigint) => ({ attributes: transactional, producerId });

function marker(offset: number, producerId: bigint, kind: 'abort' | 'commit'): RawBatch {
  const key = Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1]);
  const record = { offsetDelta: 0, timestampDelta: 0n, key, value: Buffer.alloc(6), headers: [] };
  return batch(offset, ['marker'], { attributes: transactional | control, producerId, records: [record] });
}

const values = (seen: { records: readonly { value: Buffer | null }[] }) =>
  seen.records.map(({ value }) => String(value));

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
    const seen = visibleRecords([batch(0, ['a', 'b'], { attributes: logAppendTime })], [], 0);
    expect(seen.records.map(({ timestampMs }) => timestampMs)).toEqual([5_000, 5_000]);
  });
});
