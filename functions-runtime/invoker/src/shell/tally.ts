/** What this invoker has done so far: counted in one place, read by the report and by the metrics. */
import type { BlockedPartition, Happening } from '#contract/invoker-report.ts';

const mostHappenings = 20;

export class Tally {
  recordsIn = 0;
  outputsWritten = 0;
  deadLettersWritten = 0;
  /** Calls that ended in a verdict, and how long the function had them. */
  callsDone = 0;
  busyMs = 0;
  outOfRangeCount = 0;
  outOfRangeSkipped = 0;
  readonly #happened: Happening[] = [];
  readonly settled = { acked: 0, 'dead-lettered': 0, dropped: 0 };
  /** Partitions that are not read by policy (`onOffsetOutOfRange: Stop`). */
  readonly stopped = new Map<number, BlockedPartition>();

  get happened(): readonly Happening[] {
    return this.#happened;
  }

  /** D11: a position that the log did not hold. */
  outOfRange(partition: number, skipped: number, detail: string, atMs: number): void {
    this.outOfRangeCount += 1;
    this.outOfRangeSkipped += skipped;
    const told = `${detail}: goes on at the log's start${skipped > 0 ? `, ${skipped} offsets are skipped` : ''}`;
    this.#note({ kind: 'out-of-range', atMs, partition, detail: told });
  }

  skipped({ partition, offset, how }: { partition: number; offset: number; how: string }, atMs: number): void {
    this.#note({ kind: 'skipped', atMs, partition, detail: `the record at offset ${offset} is skipped: ${how}` });
  }

  #note(happening: Happening): void {
    this.#happened.push(happening);
    if (this.#happened.length > mostHappenings) this.#happened.shift();
  }

  get recordsSettled(): number {
    return this.settled.acked + this.settled['dead-lettered'] + this.settled.dropped;
  }
}
