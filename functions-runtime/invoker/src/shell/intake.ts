/** Hands fetched records to the core in small portions, and gives the rest of a fetch back when the core has no room for it (D9). */
import type { Fetcher } from '#kafka/ports.ts';
import type { ArrivedRecord } from '../core/events.ts';

export interface IntakeHandlers {
  /** Feeds the core; it may pause the partition meanwhile. */
  onPortion(records: readonly ArrivedRecord[], nextPosition: number): void;
}

export class Intake {
  readonly #fetcher: Pick<Fetcher, 'add' | 'remove' | 'pause' | 'resume'>;
  readonly #portionBytes: number;
  readonly #paused = new Set<number>();

  /** `portionBytes`: how far what is held may go above what the core meant to hold, besides one record that is larger. */
  constructor(fetcher: Pick<Fetcher, 'add' | 'remove' | 'pause' | 'resume'>, portionBytes: number) {
    this.#fetcher = fetcher;
    this.#portionBytes = portionBytes;
  }

  pause(partition: number): void {
    this.#paused.add(partition);
    this.#fetcher.pause(partition);
  }

  resume(partition: number): void {
    this.#paused.delete(partition);
    this.#fetcher.resume(partition);
  }

  /** The partition is owned no more: it begins unpaused when it is gained again. */
  forget(partition: number): void {
    this.#paused.delete(partition);
  }

  take(partition: number, records: readonly ArrivedRecord[], nextPosition: number, handlers: IntakeHandlers): void {
    let from = 0;
    while (from < records.length && !this.#paused.has(partition)) {
      let until = from + 1;
      for (let bytes = records[from]!.bytes; until < records.length; until += 1) {
        bytes += records[until]!.bytes;
        if (bytes > this.#portionBytes) break;
      }
      handlers.onPortion(records.slice(from, until), records[until]?.offset ?? nextPosition);
      from = until;
    }
    if (records.length === 0) handlers.onPortion(records, nextPosition);
    const left = records[from];
    if (left === undefined) return;
    // Fetched again after the pause.
    this.#fetcher.remove(partition);
    this.#fetcher.add(partition, left.offset);
    this.#fetcher.pause(partition);
  }
}
