/** What an invoker tells the operator about itself: GET `reportPath` on the invoker's port, JSON. */

export const invokerPort = 8082;
export const reportPath = '/v1/report';

export interface BlockedPartition {
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
}

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
  /** Times a committed offset was out of range or missing, and the records thereby skipped (D11). */
  readonly outOfRange: { readonly count: number; readonly skipped: number };
}
