/** Keys that wait to be worked on: each at most once, never by two workers at a time, later when they failed. */

/** Time, from outside. */
export interface Timers {
  nowMs(): number;
  /** Runs `act` once after `ms`; the answer calls it off. */
  after(ms: number, act: () => void): () => void;
}

export interface QueueLimits {
  /** Wait after the first failure of a key; doubles with each further one. */
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Shortest time between two starts of the same key: changes in between are worked on together. */
  readonly spacingMs: number;
}

export const defaultLimits: QueueLimits = { initialBackoffMs: 100, maxBackoffMs: 60_000, spacingMs: 20 };

export interface WorkQueue {
  /** Work on it as soon as possible. While it is being worked on: once more afterwards. */
  add(key: string): void;
  /** Work on it in `ms` at the latest; of several wishes the earliest counts. Being worked on fulfils it. */
  addAfter(key: string, ms: number): void;
  /** It failed: again after the backoff of its failures in a row. Says how long that is, in ms. */
  retry(key: string): number;
  /** It succeeded: the next failure is a first one. */
  forget(key: string): void;
  /** The next key, when there is one; undefined once the queue is closed. `done(key)` must follow. */
  take(): Promise<string | undefined>;
  done(key: string): void;
  /** Takers get undefined from now on; what waits is dropped. */
  close(): void;
  /** Keys that are due and wait for a worker. */
  readonly depth: number;
}

interface Wish {
  readonly dueMs: number;
  readonly callOff: () => void;
}

export function workQueue(timers: Timers, limits: QueueLimits = defaultLimits): WorkQueue {
  return new Queue(timers, limits);
}

class Queue implements WorkQueue {
  readonly #timers: Timers;
  readonly #limits: QueueLimits;
  /** Due, in order of arrival. */
  readonly #due = new Set<string>();
  readonly #working = new Set<string>();
  /** Added while they were being worked on. */
  readonly #again = new Set<string>();
  readonly #later = new Map<string, Wish>();
  readonly #failures = new Map<string, number>();
  /** When each key was started last; pruned as soon as it no longer matters. */
  readonly #startedMs = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(timers: Timers, limits: QueueLimits) {
    this.#timers = timers;
    this.#limits = limits;
  }

  get depth(): number {
    return this.#due.size;
  }

  add(key: string): void {
    if (this.#closed) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    const sinceMs = this.#timers.nowMs() - (this.#startedMs.get(key) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < this.#limits.spacingMs) this.addAfter(key, this.#limits.spacingMs - sinceMs);
    else this.#makeDue(key);
  }

  addAfter(key: string, ms: number): void {
    if (this.#closed || this.#due.has(key)) return;
    const dueMs = this.#timers.nowMs() + ms;
    const known = this.#later.get(key);
    if (known !== undefined && known.dueMs <= dueMs) return;
    known?.callOff();
    const callOff = this.#timers.after(ms, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { dueMs, callOff });
  }

  retry(key: string): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const ms = Math.min(this.#limits.maxBackoffMs, this.#limits.initialBackoffMs * 2 ** Math.min(30, failures - 1));
    this.addAfter(key, ms);
    return ms;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const [key] = this.#due;
    if (key !== undefined) return Promise.resolve(this.#start(key));
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: string): void {
    this.#working.delete(key);
    this.#pruneStarts();
    if (this.#again.delete(key)) this.add(key);
  }

  close(): void {
    this.#closed = true;
    for (const { callOff } of this.#later.values()) callOff();
    this.#later.clear();
    this.#due.clear();
    for (const give of this.#takers.splice(0)) give(undefined);
  }

  #makeDue(key: string): void {
    this.#later.get(key)?.callOff();
    this.#later.delete(key);
    this.#due.add(key);
    const give = this.#takers.shift();
    give?.(this.#start(key));
  }

  #start(key: string): string {
    this.#due.delete(key);
    this.#working.add(key);
    this.#startedMs.set(key, this.#timers.nowMs());
    return key;
  }

  #pruneStarts(): void {
    const oldestMs = this.#timers.nowMs() - this.#limits.spacingMs;
    // In order of insertion, not of start: good enough to stay small, as every start is old after some milliseconds.
    for (const [key, startedMs] of this.#startedMs) {
      if (startedMs > oldestMs) return;
      this.#startedMs.delete(key);
    }
  }
}
