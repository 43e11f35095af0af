// How long a stream stood still: the longest time between two neighbours of a partition, as their timestamps tell.
import type { SeenRecord } from './records.ts';

/** `records` by partition and offset. 0 where no partition has two. */
export function longestPauseMs(records: readonly Pick<SeenRecord, 'partition' | 'timestampMs'>[]): number {
  let longest = 0;
  for (const [index, { partition, timestampMs }] of records.entries()) {
    const before = records[index - 1];
    if (before?.partition === partition) longest = Math.max(longest, timestampMs - before.timestampMs);
  }
  return longest;
}

export const pauseText = (records: Parameters<typeof longestPauseMs>[0]): string =>
  `longest pause of a partition ${(longestPauseMs(records) / 1000).toFixed(1)} s`;
