// How long a stream stood still: the longest time between two neighbours of a partition, as their timestamps tell.

interface Moment {
  readonly partition: number;
  readonly timestampMs: number;
}

/** Of each partition, ms; in whatever order the records come. */
export function longestPauses(records: readonly Moment[]): ReadonlyMap<number, number> {
  const byPartition = Map.groupBy(records, ({ partition }) => partition);
  return new Map(
    [...byPartition].map(([partition, moments]) => {
      const times = moments.map(({ timestampMs }) => timestampMs).sort((a, b) => a - b);
      return [partition, Math.max(0, ...times.slice(1).map((time, i) => time - times[i]!))];
    }),
  );
}

/** 0 where no partition has two. */
export const longestPauseMs = (records: readonly Moment[]): number => Math.max(0, ...longestPauses(records).values());

export const pauseText = (records: readonly Moment[]): string =>
  `longest pause of a partition ${(longestPauseMs(records) / 1000).toFixed(1)} s`;
