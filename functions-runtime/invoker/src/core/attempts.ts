/** The memory of failed attempts: how often each unsettled record failed and since when; it travels with every commit (D6). */
import type { CommitMetadata } from '#contract/commit-metadata.ts';

export type AttemptRun = CommitMetadata['attempts'][number];

export interface FailedRecord {
  readonly attempts: number;
  /** Unix time of the first failure; 0: only unclean take-overs so far, which may have had nothing to do with it: its age does not run yet. */
  readonly firstFailureMs: number;
  readonly lastFailureMs: number;
  /** Time during which its age stood still. */
  readonly heldMs: number;
}

export class AttemptMemory {
  readonly #failed = new Map<number, FailedRecord>();
  /** Of earlier owners, for offsets that have not been received yet. */
  readonly #inherited: readonly AttemptRun[];
  #version = 0;

  constructor(inherited: readonly AttemptRun[]) {
    this.#inherited = inherited;
  }

  /** Rises with every charge: a commit that was offered before does not know of it. */
  get version(): number {
    return this.#version;
  }

  of(offset: number): FailedRecord | undefined {
    return this.#failed.get(offset);
  }

  count(offset: number): number {
    return this.#failed.get(offset)?.attempts ?? 0;
  }

  /** A record came: what an earlier owner knew of it holds now. */
  receive(offset: number): void {
    const run = this.#inherited.find((each) => each.offset <= offset && offset <= (each.through ?? each.offset));
    if (run === undefined) return;
    const { attempts, firstFailureMs } = run;
    this.#failed.set(offset, { attempts, firstFailureMs, lastFailureMs: firstFailureMs, heldMs: 0 });
  }

  charge(offset: number, atMs: number): void {
    this.#failed.set(offset, afterFailure(this.#failed.get(offset), atMs));
    this.#version += 1;
  }

  /** The last owner ended without a word, perhaps of this record. */
  chargeTakeOver(offset: number, atMs: number): void {
    const before = this.#failed.get(offset) ?? { attempts: 0, firstFailureMs: 0, heldMs: 0 };
    this.#failed.set(offset, { ...before, attempts: before.attempts + 1, lastFailureMs: atMs });
    this.#version += 1;
  }

  /** The take-over that was charged last is taken back. */
  refund(offset: number): void {
    const failed = this.#failed.get(offset);
    if (failed === undefined) return;
    if (failed.attempts === 1) this.#failed.delete(offset);
    else this.#failed.set(offset, { ...failed, attempts: failed.attempts - 1 });
    this.#version += 1;
  }

  /** It failed, but perhaps for no fault of its own: no attempt, only the times are known. Not worth a commit. */
  spare(offset: number, atMs: number): void {
    const before = this.#failed.get(offset) ?? { attempts: 0, firstFailureMs: 0, heldMs: 0 };
    this.#failed.set(offset, { ...before, firstFailureMs: before.firstFailureMs || atMs, lastFailureMs: atMs });
  }

  forget(offset: number): void {
    this.#failed.delete(offset);
  }

  /** The age of every failed record stood still for so long: the function was not there or not well. Told with the next commit. */
  hold(heldMs: number): void {
    if (this.#failed.size === 0 || heldMs <= 0) return;
    for (const [offset, failed] of this.#failed) {
      this.#failed.set(offset, { ...failed, heldMs: failed.heldMs + heldMs });
    }
  }

  /**
   * As runs of neighbours with the same history. The first failure is told as if it had come later by the time that was held, so that the age
   * stands still across owners too. `next`: offsets from there on have not been received.
   */
  runs(adjacent: (before: number, after: number) => boolean, next: number): AttemptRun[] {
    const runs: AttemptRun[] = [];
    for (const offset of [...this.#failed.keys()].sort((a, b) => a - b)) {
      const { attempts, firstFailureMs: realMs, heldMs } = this.#failed.get(offset)!;
      if (attempts === 0) continue;
      const firstFailureMs = realMs === 0 ? 0 : realMs + heldMs;
      const last = runs.at(-1);
      const through = last?.through ?? last?.offset ?? 0;
      if (last?.attempts === attempts && last.firstFailureMs === firstFailureMs && adjacent(through, offset)) {
        runs[runs.length - 1] = { ...last, through: offset };
      } else runs.push({ offset, attempts, firstFailureMs });
    }
    for (const run of this.#inherited) {
      const through = run.through ?? run.offset;
      if (through >= next) runs.push(clipped(run, Math.max(run.offset, next), through));
    }
    return runs;
  }
}

function clipped({ attempts, firstFailureMs }: AttemptRun, offset: number, through: number): AttemptRun {
  return through === offset ? { offset, attempts, firstFailureMs } : { offset, through, attempts, firstFailureMs };
}

export function afterFailure(before: FailedRecord | undefined, atMs: number): FailedRecord {
  const { attempts, firstFailureMs, heldMs } = before ?? { attempts: 0, firstFailureMs: 0, heldMs: 0 };
  if (firstFailureMs === 0) return { attempts: attempts + 1, firstFailureMs: atMs, lastFailureMs: atMs, heldMs: 0 };
  return { attempts: attempts + 1, firstFailureMs, lastFailureMs: atMs, heldMs };
}

/** Half as many runs, or fewer, in fewer bytes: each pair of neighbours becomes one with the lower count and the later first failure, so that none is condemned early. */
export function coarser(runs: readonly AttemptRun[]): AttemptRun[] {
  const merged: AttemptRun[] = [];
  for (let index = 0; index < runs.length; index += 2) {
    const one = runs[index]!;
    const other = runs[index + 1] ?? one;
    merged.push({
      offset: one.offset,
      through: other.through ?? other.offset,
      attempts: Math.min(one.attempts, other.attempts),
      firstFailureMs: Math.max(one.firstFailureMs, other.firstFailureMs),
    });
  }
  return merged;
}
