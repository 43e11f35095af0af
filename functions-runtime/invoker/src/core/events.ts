/** The language between the deterministic core and its shell: events in, effects out. Time comes in as `atMs` (Unix ms). */
import type { CallAnswer, OutputEvent } from '#contract/answer.ts';
import type { CommitMetadata } from '#contract/commit-metadata.ts';
import type { BlockedPartition } from '#contract/invoker-report.ts';

/** A record as the core sees it: position, size and the untouched original, which only the shell looks into. */
export interface ArrivedRecord {
  readonly offset: number;
  /** Bytes it costs in memory and in a batch (key + value + headers + a fixed overhead). */
  readonly bytes: number;
  readonly timestampMs: number;
  /** Opaque to the core. */
  readonly payload: unknown;
}

export type CoreEvent =
  /** Ownership taken, epoch already committed by the shell. `unclean`: the last owner did not release. `position`: first offset to read. */
  | {
      readonly kind: 'gained';
      readonly atMs: number;
      readonly partition: number;
      readonly epoch: number;
      readonly topicId: string;
      readonly position: number;
      readonly memory: CommitMetadata | null;
      readonly unclean: boolean;
    }
  /** Visible records of one fetch, ascending; `nextPosition` is past markers, aborted records and gaps (D10), also when `records` is empty. */
  | {
      readonly kind: 'arrived';
      readonly atMs: number;
      readonly partition: number;
      readonly epoch: number;
      readonly records: readonly ArrivedRecord[];
      readonly nextPosition: number;
    }
  | {
      readonly kind: 'answered';
      readonly atMs: number;
      readonly partition: number;
      readonly epoch: number;
      readonly callId: number;
      readonly answer: CallAnswer;
    }
  | {
      readonly kind: 'written';
      readonly atMs: number;
      readonly partition: number;
      readonly epoch: number;
      readonly writeId: number;
      readonly outcome: WriteOutcome;
    }
  | {
      readonly kind: 'committed';
      readonly atMs: number;
      readonly partition: number;
      readonly epoch: number;
      readonly offset: number;
      readonly outcome: 'ok' | 'refused' | 'failed';
    }
  /** Revocation or shutdown: take no new record of this partition, finish the open call until `deadlineMs`, then say `released`. */
  | { readonly kind: 'draining'; readonly atMs: number; readonly partition: number; readonly deadlineMs: number }
  /** Fenced or session lost: forget the partition, settle nothing, commit nothing. */
  | { readonly kind: 'lost'; readonly atMs: number; readonly partition: number }
  /** Offsets of single records that a person wishes to be skipped, in place of those told before; and to be tried at once. */
  | {
      readonly kind: 'wished';
      readonly atMs: number;
      readonly partition: number;
      readonly skip: readonly number[];
      readonly retry: readonly number[];
    }
  /** Ready endpoints appeared: lanes that wait for the function may try at once. */
  | { readonly kind: 'function-available'; readonly atMs: number }
  /** The time asked for by a `wake` effect has come (or passed). */
  | { readonly kind: 'ticked'; readonly atMs: number };

export type WriteOutcome =
  | { readonly kind: 'ok' }
  /** Nothing of it, or an unknown part, was written: the core waits and asks again; the partition stops meanwhile. */
  | { readonly kind: 'failed'; readonly reason: string; readonly detail: string };

/** A record to publish, in order. Outputs name the source record so that the shell can carry key, lineage and trace. */
export type OutgoingRecord =
  | {
      readonly kind: 'output';
      readonly source: ArrivedRecord;
      readonly event: OutputEvent /** Index of this output among the outputs of its source. */;
      readonly index: number;
    }
  | {
      readonly kind: 'dead-letter';
      readonly source: ArrivedRecord;
      readonly reason: string;
      readonly code: string;
      readonly attempts: number;
      readonly firstFailureMs: number;
      readonly lastFailureMs: number;
    };

export type CoreEffect =
  /** Send the records in one call. Give up at `deadlineMs` (Unix ms). `attempt` is 1 for the first. */
  | {
      readonly kind: 'call';
      readonly callId: number;
      readonly partition: number;
      readonly epoch: number;
      readonly topicId: string;
      readonly records: readonly ArrivedRecord[];
      readonly attempt: number;
      readonly deadlineMs: number;
    }
  /** The answer is of no interest any more: abort. */
  | { readonly kind: 'abandon'; readonly callId: number; readonly partition: number }
  /** Publish; at most one open write per source partition, so order survives a failed write (P3). */
  | {
      readonly kind: 'write';
      readonly writeId: number;
      readonly partition: number;
      readonly epoch: number;
      readonly records: readonly OutgoingRecord[];
    }
  /** What may be committed now (D1: below it everything is settled). The shell sends the newest per partition, all partitions in one request. */
  | {
      readonly kind: 'commit';
      readonly partition: number;
      readonly epoch: number;
      readonly offset: number;
      readonly metadata: CommitMetadata;
    }
  /** Fetch no more for this partition / fetch again: bounds on bytes (D9). */
  | { readonly kind: 'pause'; readonly partition: number }
  | { readonly kind: 'resume'; readonly partition: number }
  /** The partition is drained: commit `offset` with `released` set, then acknowledge the revocation. */
  | {
      readonly kind: 'released';
      readonly partition: number;
      readonly epoch: number;
      readonly offset: number;
      readonly metadata: CommitMetadata;
    }
  /** A host has seen a newer owner: stop owning this partition. */
  | { readonly kind: 'stand-down'; readonly partition: number; readonly epoch: number }
  /** Send `ticked` at this time or later. Replaces an earlier wish. */
  | { readonly kind: 'wake'; readonly atMs: number }
  | { readonly kind: 'blocked'; readonly blocked: BlockedPartition }
  | { readonly kind: 'unblocked'; readonly partition: number }
  /** Something worth a log line and a count. */
  | { readonly kind: 'noted'; readonly note: CoreNote };

export type CoreNote =
  | {
      readonly kind: 'settled';
      readonly partition: number;
      readonly count: number;
      readonly how: 'acked' | 'dead-lettered' | 'dropped';
    }
  | {
      readonly kind: 'attempt-failed';
      readonly partition: number;
      readonly offset: number;
      readonly attempts: number;
      readonly reason: string;
      readonly retryAtMs: number;
    }
  | {
      readonly kind: 'skipped';
      readonly partition: number;
      readonly offset: number;
      readonly how: 'dead-lettered' | 'dropped';
    }
  | { readonly kind: 'function-unavailable'; readonly partition: number; readonly detail: string }
  | { readonly kind: 'circuit'; readonly state: 'open' | 'closed' }
  /** It failed, but everything fails: no attempt is charged. */
  | { readonly kind: 'attempt-spared'; readonly partition: number; readonly offset: number; readonly reason: string }
  /** It came to its policy while the circuit was open: nothing else is given up before `patientUntilMs`. */
  | {
      readonly kind: 'given-up-in-doubt';
      readonly partition: number;
      readonly offset: number;
      readonly patientUntilMs: number;
    }
  | { readonly kind: 'ignored'; readonly why: string };
