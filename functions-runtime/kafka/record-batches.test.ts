/** Record batches of every codec come apart into their records, and hostile ones cost a bounded amount of memory. */
import { describe, expect, test } from 'vitest';
import { lz4FrameBytes, snappyBytes } from './decompression.ts';
import { type BatchWish, rawBatch, withChecksum } from './given-batches.ts';
import { nextBatch, type RecordBatch, recordsOf } from './record-batches.ts';

const mebibyte = 1024 * 1024;
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

function only(raw: Buffer): RecordBatch {
  const next = nextBatch(raw, 0);
  if (next.kind !== 'batch') throw new Error(JSON.stringify(next));
  expect(next.end).toBe(raw.length);
  return next.batch;
}

const read = (wish: BatchWish, maxBytes = mebibyte) => recordsOf(only(rawBatch(wish)), maxBytes);

describe.each(codecs)('%s', (compression) => {
  test('values come back, null and empty told apart', () => {
    const records = read({ firstOffset: 5, values: ['a', null, '', 'é'.repeat(300)], compression });
    expect(records).toMatchObject([
      { offset: 5, value: Buffer.from('a'), key: null, headers: [] },
      { offset: 6, value: null },
      { offset: 7, value: Buffer.alloc(0) },
      { offset: 8, value: Buffer.from('é'.repeat(300)) },
    ]);
  });
});

test.each(codecs.slice(1))('D9 a bomb of %s is refused before it is there', (compression) => {
  const bomb = rawBatch({ firstOffset: 0, values: ['\0'.repeat(16 * mebibyte)], compression });
  expect(bomb.length).toBeLessThan(mebibyte);
  const before = process.memoryUsage().arrayBuffers;
  expect(recordsOf(only(bomb), mebibyte)).toMatchObject({ kind: 'unreadable', code: 'BATCH_TOO_LARGE' });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * mebibyte);
});

test('D9 a batch that is too large as it is, is refused like one that grows', () => {
  const large = only(rawBatch({ firstOffset: 0, values: ['x'.repeat(mebibyte)] }));
  expect(recordsOf(large, mebibyte)).toMatchObject({ kind: 'unreadable', code: 'BATCH_TOO_LARGE' });
});

test('D9 records keep their own batch and not the answer; one that is most of the answer is not copied', () => {
  const batch = rawBatch({ firstOffset: 0, values: ['x'.repeat(100_000)] });
  const valueIn = (answer: Buffer) => {
    const next = nextBatch(answer, 0);
    const records = next.kind === 'batch' ? recordsOf(next.batch, mebibyte) : [];
    return Array.isArray(records) ? records[0]!.value! : null;
  };
  const [alone, amongOthers] = [Buffer.concat([batch]), Buffer.concat([batch, batch, batch])];
  expect(valueIn(alone)?.buffer).toBe(alone.buffer);
  expect(valueIn(amongOthers)?.buffer.byteLength).toBeLessThan(101_000);
});

describe('what is not a batch of ours', () => {
  const good = () => rawBatch({ firstOffset: 3, values: ['a', 'b'] });

  test.each([
    ['a flipped bit', 65],
    ['a flipped bit in the head', 30],
  ])('%s is found by the checksum', (_, at) => {
    const raw = good();
    raw[at]! ^= 0b100;
    expect(nextBatch(raw, 0)).toMatchObject({ kind: 'unreadable', code: 'CORRUPT_BATCH' });
  });

  test('an old message format is named', () => {
    const raw = good();
    raw.writeInt8(1, 16);
    expect(nextBatch(raw, 0)).toMatchObject({ code: 'UNSUPPORTED_FOR_MESSAGE_FORMAT', reason: 'message format 1' });
  });

  test('a codec that nobody knows is named', () => {
    const raw = good();
    raw.writeInt16BE(7, 21);
    expect(recordsOf(only(withChecksum(raw)), mebibyte)).toMatchObject({ code: 'UNSUPPORTED_COMPRESSION' });
  });

  test('records that end too early, or not where they say, are not guessed at', () => {
    const raw = good();
    raw.writeInt32BE(3, 57);
    expect(recordsOf(only(withChecksum(raw)), mebibyte)).toMatchObject({ code: 'CORRUPT_BATCH' });
    const other = good();
    other[61] = other[61]! + 2;
    expect(recordsOf(only(withChecksum(other)), mebibyte)).toMatchObject({ code: 'CORRUPT_BATCH' });
  });

  test('bytes that are too few for a batch are the end', () => {
    const raw = good();
    for (const length of [0, 11, 60, raw.length - 1]) {
      expect(nextBatch(raw.subarray(0, length), 0)).toEqual({ kind: 'end' });
    }
  });
});

describe('offsets', () => {
  test('are read up to 2^53 - 2, so that the position behind them is exact; a batch that goes further is refused with the offset', () => {
    const last = 2 ** 53 - 2;
    expect(read({ firstOffset: last - 1, values: ['a', 'b'] })).toMatchObject([{ offset: last - 1 }, { offset: last }]);
    expect(only(rawBatch({ firstOffset: last - 1, values: ['a', 'b'] })).lastOffset + 1).toBe(Number.MAX_SAFE_INTEGER);
    for (const firstOffset of [last, 2 ** 53, 2n ** 53n + 1n, 2n ** 63n - 2n]) {
      expect(nextBatch(rawBatch({ firstOffset, values: ['a', 'b'] }), 0)).toMatchObject({
        kind: 'unreadable',
        code: 'OFFSET_TOO_LARGE',
        reason: expect.stringContaining(`offset ${BigInt(firstOffset) + 1n};`),
      });
    }
  });

  // Two records of one byte each: length, attributes, time, offset delta …
  test.each([
    ['again', 0],
    ['behind the end of its batch', 2],
  ])('D1 a record that says it lies %s is not guessed at', (_, delta) => {
    const raw = rawBatch({ firstOffset: 3, values: ['a', 'b'], timestampsMs: [1_000, 1_000] });
    const second = 61 + (raw.length - 61) / 2;
    expect(raw[second + 3]).toBe(2);
    raw[second + 3] = delta * 2;
    expect(recordsOf(only(withChecksum(raw)), mebibyte)).toMatchObject({ code: 'CORRUPT_BATCH' });
  });
});

describe('timestamps', () => {
  test.each([
    [[0, 0]],
    [[-1, -1]],
    [[5, 3]],
    [[1_700_000_000_000, 1_700_000_000_000 + 2 ** 31 - 1]],
    [[1_700_000_000_000, 1_700_000_000_000 - 2 ** 31]],
  ])('%j', (timestampsMs) => {
    const records = read({ firstOffset: 0, values: ['a', 'b'], timestampsMs });
    expect(Array.isArray(records) && records.map(({ timestampMs }) => timestampMs)).toEqual(timestampsMs);
  });

  // The client's encoder writes a delta beyond 31 bits wrongly; other producers do not.
  test.each([2 ** 31, 2 ** 40 + 1, 253_402_300_799_000, -(2 ** 31) - 1, -1_700_000_000_000])(
    'a delta of %i ms',
    (delta) => {
      const raw = rawBatch({ firstOffset: 0, values: ['ab'], timestampsMs: [1_000] });
      // Length, attributes, timestamp delta, then offset delta, no key, value of two bytes, no headers.
      const record = Buffer.concat([Buffer.from([0]), zigzag(BigInt(delta)), Buffer.from([0, 1, 4, 97, 98, 0])]);
      const body = Buffer.concat([zigzag(BigInt(record.length)), record]);
      const bent = Buffer.concat([raw.subarray(0, 61), body]);
      bent.writeInt32BE(bent.length - 12, 8);
      expect(recordsOf(only(withChecksum(bent)), mebibyte)).toMatchObject([
        { timestampMs: 1_000 + delta, value: Buffer.from('ab') },
      ]);
    },
  );
});

/** As the protocol writes signed numbers. */
function zigzag(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

describe('sizes read from headers', () => {
  const bodyOf = (compression: 'snappy' | 'lz4', value: string) =>
    only(rawBatch({ firstOffset: 0, values: [value], compression })).body;

  test('snappy tells the very size', () => {
    const plain = only(rawBatch({ firstOffset: 0, values: ['x'.repeat(100_000)] })).body.length;
    expect(snappyBytes(bodyOf('snappy', 'x'.repeat(100_000)))).toBe(plain);
  });

  test('the Java library’s stream of snappy blocks: their sum', () => {
    const block = bodyOf('snappy', 'x'.repeat(1_000));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    const head = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(snappyBytes(Buffer.concat([head, length, block, length, block]))).toBe(2 * snappyBytes(block));
  });

  test('lz4: no less than the size', () => {
    const plain = only(rawBatch({ firstOffset: 0, values: ['x'.repeat(1_000_000)] })).body.length;
    expect(lz4FrameBytes(bodyOf('lz4', 'x'.repeat(1_000_000)))).toBeGreaterThanOrEqual(plain);
  });
});
