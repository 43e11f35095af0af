/** The memory of a partition survives the way through a commit, fits its limit, and foreign texts are no memory. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CommitMetadata,
  commitMetadataBytes,
  decodeCommitMetadata,
  encodeCommitMetadata,
  metadataMaxBytes,
} from './commit-metadata.ts';

const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.nat(50)), { maxLength: 100 });
const metadata: fc.Arbitrary<CommitMetadata> = fc
  .record({
    base: fc.nat(2 ** 45),
    epoch: fc.maxSafeNat(),
    topicId: fc.uuid(),
    released: fc.boolean(),
    gaps,
    failures: fc.array(
      fc.record({
        gap: fc.integer({ min: 1, max: 9 }),
        length: fc.nat(3),
        attempts: fc.integer({ min: 1, max: 99 }),
      }),
      { maxLength: 60 },
    ),
  })
  .map(({ base, failures, gaps: distances, ...rest }) => {
    let next = base;
    const settledAbove = distances.map(([gap, length]): [number, number] => {
      const first = next + gap;
      next = first + length + 1;
      return [first, first + length];
    });
    let through = base;
    const attempts = failures.map(({ gap, length, attempts: count }) => {
      const offset = through + gap;
      through = offset + length;
      const history = { attempts: count, firstFailureMs: 1_700_000_000_000 + offset };
      return length === 0 ? { offset, ...history } : { offset, through, ...history };
    });
    return { ...rest, settledAbove, attempts };
  });

describe('commit metadata (D6)', () => {
  it('comes back as it was when it fits', () => {
    fc.assert(
      fc.property(metadata, (original) => {
        fc.pre(commitMetadataBytes(original) <= metadataMaxBytes);
        expect(decodeCommitMetadata(encodeCommitMetadata(original))).toEqual(original);
      }),
    );
  });

  it('never exceeds the limit, and what is left of it is true', () => {
    const settledAbove = Array.from({ length: 5000 }, (_, at): [number, number] => [1e12 + at * 3, 1e12 + at * 3]);
    const attempts = [{ offset: 1e12 + 1, attempts: 2, firstFailureMs: 5 }];
    const full: CommitMetadata = { epoch: 7, topicId: 'id', released: false, settledAbove, attempts };
    expect(commitMetadataBytes(full)).toBeGreaterThan(metadataMaxBytes);
    const text = encodeCommitMetadata(full);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(metadataMaxBytes);
    const kept = decodeCommitMetadata(text)!;
    expect(kept.attempts).toEqual(attempts);
    expect(kept.settledAbove.length).toBeGreaterThan(500);
    expect(kept.settledAbove).toEqual(settledAbove.slice(0, kept.settledAbove.length));
  });

  it('holds a hundred failing records', () => {
    const attempts = Array.from({ length: 100 }, (_, at) => ({
      offset: 1e12 + at,
      attempts: 9,
      firstFailureMs: 1.7e12,
    }));
    const full: CommitMetadata = { epoch: 7, topicId: 'id', released: false, settledAbove: [], attempts };
    expect(commitMetadataBytes(full)).toBeLessThanOrEqual(metadataMaxBytes);
  });

  it('holds a batch of a thousand that failed together in one entry', () => {
    const attempts = [{ offset: 1e12, through: 1e12 + 999, attempts: 1, firstFailureMs: 1.7e12 }];
    const full: CommitMetadata = { epoch: 7, topicId: 'id', released: false, settledAbove: [], attempts };
    expect(commitMetadataBytes(full)).toBeLessThan(100);
    expect(decodeCommitMetadata(encodeCommitMetadata(full))).toEqual(full);
  });

  it.each([
    '',
    'x',
    'null',
    '[]',
    '{}',
    '{"v":2,"e":1,"t":"","r":0,"s":[],"a":[]}',
    '{"v":1,"e":-1,"t":"","r":0,"s":[],"a":[]}',
    '{"v":1,"e":1,"t":1,"r":0,"s":[],"a":[]}',
    '{"v":1,"e":1,"t":"","r":2,"s":[],"a":[]}',
    '{"v":1,"e":1,"t":"","r":0,"s":[1],"a":[]}',
    '{"v":1,"e":1,"t":"","r":0,"s":[1,-1],"a":[]}',
    '{"v":1,"e":1,"t":"","r":0,"s":[],"a":[1,2,3]}',
    '{"v":1,"e":1,"t":"","r":0,"s":[],"a":[1,2,3,null]}',
    '{"v":1,"e":1,"t":"","r":0,"s":[9007199254740991,9007199254740991],"a":[]}',
  ])('%j is no memory', (text) => {
    expect(decodeCommitMetadata(text)).toBeNull();
  });

  it('reads any text without throwing', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void decodeCommitMetadata(text)));
  });
});
