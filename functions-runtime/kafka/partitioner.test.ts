/** Keys go where every other Kafka producer puts them. */
import { describe, expect, test } from 'vitest';
import { murmur2, partitionOfKey } from './partitioner.ts';

describe('murmur2', () => {
  // The vectors of Kafka's own UtilsTest.testMurmur2.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is %i', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  test('of nothing is a number as well', () => {
    expect(murmur2(Buffer.alloc(0))).toBe(275646681);
  });

  test('takes bytes above 127 as unsigned', () => {
    expect(murmur2(Buffer.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb]))).not.toBe(
      murmur2(Buffer.from([0x7f, 0x7e, 0x7d, 0x7c, 0x7b])),
    );
  });
});

test('a partition is never negative and lies below the count', () => {
  for (let i = 0; i < 1_000; i += 1) {
    const partition = partitionOfKey(Buffer.from(`key-${i}`), 7);
    expect(partition).toBeGreaterThanOrEqual(0);
    expect(partition).toBeLessThan(7);
  }
});
