/** Which of the waiting records the next call takes: a run from the front, as long as limits and their history allow. */

import { leashLeft } from './caution.ts';
import type { Lane } from './lanes.ts';
import type { CoreSettings } from './settings.ts';

export type Batch =
  | { readonly kind: 'empty' }
  /** Worth waiting for more records until then. */
  | { readonly kind: 'filling'; readonly untilMs: number }
  | { readonly kind: 'ready'; readonly count: number };

export function nextBatch(lane: Lane, settings: CoreSettings, atMs: number): Batch {
  const first = lane.waiting.at(0);
  if (first === undefined) return { kind: 'empty' };
  const failedBefore = lane.attempts.count(first.record.offset) > 0;
  const maxBytes = Math.min(settings.batch.maxBytes, lane.bytesLimit);
  let most = Math.min(settings.batch.maxRecords, lane.sizeLimit, leashLeft(lane));
  let bytes = 0;
  let count = 0;
  for (let next = lane.waiting.at(0); next !== undefined; next = lane.waiting.at(count)) {
    const attempts = lane.attempts.count(next.record.offset);
    // Failed records never share a call with fresh ones, which would be charged with the others' failure.
    if (attempts > 0 !== failedBefore) return { kind: 'ready', count };
    most = Math.min(most, mostWithAttempts(attempts, settings));
    bytes += next.record.bytes;
    // The first always goes, alone if it is larger than a batch may be.
    if (count > 0 && (count >= most || bytes > maxBytes)) return { kind: 'ready', count };
    count += 1;
  }
  const full = count >= most || bytes >= maxBytes || failedBefore;
  const untilMs = first.arrivedAtMs + settings.batch.maxWaitMs;
  return full || atMs >= untilMs ? { kind: 'ready', count } : { kind: 'filling', untilMs };
}

/**
 * A record is declared guilty only when it fails alone. So batches of failed records shrink with each attempt, geometrically, such that the last
 * attempt that is left is made alone: `maxAttempts` bounds the calls of every record, however large the batch was that failed first (D6). The
 * lane's `sizeLimit` usually gets there sooner. One exception: with `maxAttempts` 1 a record of a failed batch is called once more, alone.
 */
export function mostWithAttempts(attempts: number, { batch, retry }: Pick<CoreSettings, 'batch' | 'retry'>): number {
  if (attempts === 0) return batch.maxRecords;
  const attemptsBeforeLast = retry.maxAttempts - 1;
  if (attempts >= attemptsBeforeLast) return 1;
  const left = (attemptsBeforeLast - attempts) / attemptsBeforeLast;
  // The root of a power may come out a hair below the whole number that it is.
  return Math.max(1, Math.floor(batch.maxRecords ** left + 1e-9));
}
