/** What an invoker tells the operator about itself: GET `reportPath` on the invoker's port, JSON. */

export const invokerPort = 8082;
export const reportPath = '/v1/report';

/**
 * `exhausted`: the record is out of attempts, or refused, and the policy is Block. `unauthorized`: the function's host turns the invoker away. `write`: an
 * output or dead letter cannot be written. `out-of-range`: the log does not hold the position, and the policy is Stop.
 * `unreadable`: the broker's bytes are no batch of records (checksum, codec), or it unpacks to more than may be held.
 */
export type BlockCause = 'exhausted' | 'unauthorized' | 'write' | 'out-of-range' | 'unreadable';

export interface BlockedPartition {
  readonly partition: number;
  readonly offset: number;
  /** Absent: `exhausted`. */
  readonly cause?: BlockCause;
  readonly reason: string;
}

/** Everything that is called fails, so nobody knows whether the function or the records are to blame. Unix times. */
export interface Doubted {
  readonly sinceMs: number;
  /** Until then no attempt is charged; afterwards attempts count again, at the pace of single tries. */
  readonly patientUntilMs: number;
  /** Of the last failure. */
  readonly reason: string;
  /** The records that failed and hold their partitions. */
  readonly waiting: readonly { readonly partition: number; readonly offset: number }[];
}

/** Something that happened once and that a person should know: `atMs` and `partition` tell one from another. */
export type Happening =
  | { readonly kind: 'out-of-range'; readonly atMs: number; readonly partition: number; readonly detail: string }
  | { readonly kind: 'skipped'; readonly atMs: number; readonly partition: number; readonly detail: string };

export interface InvokerReport {
  readonly ordinal: number;
  /** `left`: drained and left the group for good, may be removed. */
  readonly membership: 'joining' | 'member' | 'leaving' | 'left';
  readonly ownedPartitions: readonly number[];
  /** Monotone counters since start. */
  readonly recordsIn: number;
  readonly recordsSettled: number;
  readonly outputsWritten: number;
  readonly deadLettersWritten: number;
  readonly callsDone: number;
  /** Sum of the durations of calls that ended in a verdict, in ms: `busyMs / callsDone` is the measured service time. */
  readonly busyMs: number;
  readonly openCalls: number;
  readonly bufferedBytes: number;
  /** Retries that are waiting for their time: the binding is not idle. */
  readonly waitingRetries: number;
  readonly functionAvailable: boolean;
  readonly blocked: readonly BlockedPartition[];
  /** Absent: something succeeds, or nothing waits. */
  readonly doubt?: Doubted;
  /** Owned, but not called for yet: a call of the last owner may still run in a container that cannot be told to end it. */
  readonly guardedPartitions: readonly number[];
  /** Times a committed offset was out of range or missing, and the records thereby skipped (D11). */
  readonly outOfRange: { readonly count: number; readonly skipped: number };
  /** The newest, oldest first; absent: none. */
  readonly happened?: readonly Happening[];
}
