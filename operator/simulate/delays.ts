// How late records were done: counted by age, read as percentiles.

/** Ages are counted to this much. */
const stepMs = 10;

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export class Delays {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(ms: number, count: number): void {
    const step = Math.round(ms / stepMs);
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + count);
    this.#total += count;
  }

  percentiles(): Percentiles {
    const steps = [...this.#counts].sort(([a], [b]) => a - b);
    const at = (share: number): number => {
      let seen = 0;
      for (const [step, count] of steps) {
        seen += count;
        if (seen >= this.#total * share) return step * stepMs;
      }
      return 0;
    };
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
