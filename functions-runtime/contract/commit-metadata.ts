/** What travels in the metadata of a committed offset: the memory of a partition across owners (4,096 bytes at most). */

/** Broker default `offset.metadata.max.bytes`. */
export const metadataMaxBytes = 4096;

export interface CommitMetadata {
  /** Ownership epoch; strictly increasing per group, topic id and partition. */
  readonly epoch: number;
  readonly topicId: string;
  /** True when the last owner drained and let go in order: no wait, no attempt charged at the next take-over. */
  readonly released: boolean;
  /** Settled offsets at or above the committed one, as inclusive ranges in ascending order. */
  readonly settledAbove: readonly (readonly [first: number, last: number])[];
  /** Records that failed at least once and are not settled, in ascending order. */
  readonly attempts: readonly FailedRecords[];
}

/** One failed record, or a run of neighbours that failed together, as a batch does: a thousand of them must not need a thousand entries. */
export interface FailedRecords {
  readonly offset: number;
  /** Last offset of the run; absent: the one record at `offset`. Offsets without a visible record may lie between. */
  readonly through?: number;
  readonly attempts: number;
  /** Unix time; 0: no call of them is known to have failed, only owners that ended without a word. */
  readonly firstFailureMs: number;
}

/** Offsets are kept as distances, so that a range costs about four characters. */
interface Written {
  readonly v: 1;
  readonly e: number;
  readonly t: string;
  readonly r: 0 | 1;
  /** Gap before, and length minus one, of each range; the first gap counts from 0. */
  readonly s: readonly number[];
  /** Distance from the last offset, length minus one, attempts, first failure, for each run. */
  readonly a: readonly number[];
}

/**
 * The text to commit, never above `metadataMaxBytes`: what does not fit is left out from the end, settled ranges first (they are only repeated),
 * then attempts. The core pauses intake long before.
 */
export function encodeCommitMetadata(metadata: CommitMetadata): string {
  let { settledAbove, attempts } = metadata;
  for (;;) {
    const text = JSON.stringify(written({ ...metadata, settledAbove, attempts }));
    if (Buffer.byteLength(text) <= metadataMaxBytes) return text;
    if (settledAbove.length > 0) settledAbove = settledAbove.slice(0, Math.floor(settledAbove.length * 0.9));
    else attempts = attempts.slice(0, Math.floor(attempts.length * 0.9));
  }
}

/** Length in bytes of the full text, also when that is above the limit. */
export function commitMetadataBytes(metadata: CommitMetadata): number {
  return Buffer.byteLength(JSON.stringify(written(metadata)));
}

function written(metadata: CommitMetadata): Written {
  const ranges: number[] = [];
  let next = 0;
  for (const [first, last] of metadata.settledAbove) {
    ranges.push(first - next, last - first);
    next = last + 1;
  }
  const attempts: number[] = [];
  let before = 0;
  for (const entry of metadata.attempts) {
    const through = entry.through ?? entry.offset;
    attempts.push(entry.offset - before, through - entry.offset, entry.attempts, entry.firstFailureMs);
    before = through;
  }
  return {
    v: 1,
    e: metadata.epoch,
    t: metadata.topicId.slice(0, 64),
    r: metadata.released ? 1 : 0,
    s: ranges,
    a: attempts,
  };
}

/** Null when the text is not ours (empty, foreign, damaged): then the partition has no memory, which loses nothing. */
export function decodeCommitMetadata(text: string): CommitMetadata | null {
  const found = parsed(text);
  if (found === null) return null;
  const settledAbove: [number, number][] = [];
  let next = 0;
  for (let at = 0; at < found.s.length; at += 2) {
    const first = next + found.s[at]!;
    const last = first + found.s[at + 1]!;
    settledAbove.push([first, last]);
    next = last + 1;
  }
  const attempts: FailedRecords[] = [];
  let through = 0;
  for (let at = 0; at < found.a.length; at += 4) {
    const offset = through + found.a[at]!;
    through = offset + found.a[at + 1]!;
    const history = { attempts: found.a[at + 2]!, firstFailureMs: found.a[at + 3]! };
    attempts.push(through === offset ? { offset, ...history } : { offset, through, ...history });
  }
  if (!Number.isSafeInteger(next) || !Number.isSafeInteger(through)) return null;
  return { epoch: found.e, topicId: found.t, released: found.r === 1, settledAbove, attempts };
}

function parsed(text: string): Written | null {
  let value: Partial<Written> | null;
  try {
    value = JSON.parse(text) as Partial<Written> | null;
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value?.v !== 1 || !isCount(value.e) || typeof value.t !== 'string') return null;
  if ((value.r !== 0 && value.r !== 1) || !isCounts(value.s, 2) || !isCounts(value.a, 4)) return null;
  return value as Written;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown, multiple: number): boolean =>
  Array.isArray(value) && value.length % multiple === 0 && value.every(isCount);
