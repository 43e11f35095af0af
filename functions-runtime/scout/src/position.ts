// Where a group begins that has no committed offset for a partition, and what a lag is. Pure.
import type { PartitionSample, ScoutBinding } from '#contract/scout.ts';

export interface PartitionOffsets {
  readonly partition: number;
  readonly logStart: number;
  /** Last stable offset. */
  readonly logEnd: number;
  readonly committed: number | null;
}

export type Positioning =
  /** Every partition has a committed offset. */
  | { readonly kind: 'complete' }
  /** Commit these before the binding may sleep. `at`: where; a timestamp has still to be looked up. */
  | { readonly kind: 'commit'; readonly partitions: readonly number[]; readonly at: 'earliest' | 'latest' | number }
  /** The group had offsets once and has none now: somebody must decide, `initialOffset` is not used again (D11). */
  | { readonly kind: 'missing' };

/**
 * A partition without an offset beside others that have one was added to the topic later: it begins at its log start whatever
 * `initialOffset` says, because `Latest` would lose what was written before it was noticed.
 */
export function positioning(
  offsets: readonly PartitionOffsets[],
  binding: Pick<ScoutBinding, 'initialOffset' | 'mayPosition'>,
): Positioning {
  const open = offsets.filter((o) => o.committed === null).map((o) => o.partition);
  if (open.length === 0) return { kind: 'complete' };
  if (open.length < offsets.length) return { kind: 'commit', partitions: open, at: 'earliest' };
  if (!binding.mayPosition) return { kind: 'missing' };
  switch (binding.initialOffset.kind) {
    case 'Earliest':
      return { kind: 'commit', partitions: open, at: 'earliest' };
    case 'Latest':
      return { kind: 'commit', partitions: open, at: 'latest' };
    case 'Timestamp':
      return { kind: 'commit', partitions: open, at: binding.initialOffset.timestampMs };
  }
}

/** Where the next record of a partition will be, or is. */
export const positionOf = ({ committed, logStart }: Pick<PartitionOffsets, 'committed' | 'logStart'>): number =>
  Math.max(committed ?? logStart, logStart);

/** Lag is work: what retention deleted is none, and an offset beyond the end (a topic made anew) is none either. */
export function partitionSample(offsets: PartitionOffsets): PartitionSample {
  return { ...offsets, lag: Math.max(0, offsets.logEnd - positionOf(offsets)) };
}
