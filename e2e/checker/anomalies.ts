/** The names of everything that may go wrong with a stream, and what each means. */

export const anomalies = {
  lost: 'a commit passed a record that never got what it was to get',
  'skipped-commit': 'a commit passed a record before it was settled: a crash just then would have lost it',
  'commit-regress': 'a commit went back',
  'dup-call': 'the function did a record twice, and no fault explains it',
  'dup-output': 'an output or a dead letter stands there twice, and no fault explains it',
  'torn-output': 'some of the outputs of a record are there and some are not',
  'ghost-output': 'an output belongs to no record, or to one that the function never did',
  'aborted-read': 'the function was given a record of an aborted transaction',
  'int-skip': 'a call left a record out',
  'int-nonmono': 'a call has its records in another order than the partition',
  reorder: 'a later record was done, or written, before an earlier one',
  rewind: 'calls went back to records that were done before',
  overlap: 'two calls of one partition ran at the same time',
  'stale-call': 'an older owner called after a newer one had begun, or a take-over did not raise the epoch',
  'attempt-overflow': 'a record was tried more often than its attempts allow',
  'dlt-wrong': 'a dead letter differs from its record, or its record should have been done',
  'kseq-gap': 'a record was done, and none of its outputs is there',
  unseen: 'a record is still waiting though nothing keeps it',
  'status-lie': 'an invoker tells for long what is not so',
  mem: 'a process took more memory than it may',
} as const;

export type AnomalyName = keyof typeof anomalies;

export interface Finding {
  readonly name: AnomalyName;
  /** null: of no partition. */
  readonly partition: number | null;
  readonly offset: number | null;
  /** Monotonic; null: there is no one moment. */
  readonly atMs: number | null;
  readonly detail: string;
}
