/** What this invoker has done so far: counted in one place, read by the report and by the metrics. */
import type { BlockedPartition } from '#contract/invoker-report.ts';

export class Tally {
  recordsIn = 0;
  outputsWritten = 0;
  deadLettersWritten = 0;
  /** Calls that ended in a verdict, and how long the function had them. */
  callsDone = 0;
  busyMs = 0;
  outOfRangeCount = 0;
  outOfRangeSkipped = 0;
  readonly settled = { acked: 0, 'dead-lettered': 0, dropped: 0 };
  /** Partitions that are not read by policy (`onOffsetOutOfRange: Stop`). */
  readonly stopped = new Map<number, BlockedPartition>();

  get recordsSettled(): number {
    return this.settled.acked + this.settled['dead-lettered'] + this.settled.dropped;
  }
}
