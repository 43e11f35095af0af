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
  /** Records that failed at least once and are not settled, in ascending order. `firstFailureMs`: Unix time. */
  readonly attempts: readonly { readonly offset: number; readonly attempts: number; readonly firstFailureMs: number }[];
}
