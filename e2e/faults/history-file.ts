/** Writes entries of a history to a file, each at once. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../checker/history.ts';

/** The machine's monotonic clock, the same in every process. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export class HistoryFile {
  readonly #path: string;

  constructor(folder: string, name: string) {
    this.#path = join(folder, `${name}.ndjson`);
  }

  write(...entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    appendFileSync(this.#path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  }
}
