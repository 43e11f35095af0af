/** Chance that repeats: a seeded stream of numbers, and draws from it. */

export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. The mulberry32 recurrence: 2³² numbers before it repeats. */
  number(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Whole, from 0 up to, not including, `count`. */
  below(count: number): number {
    return Math.floor(this.number() * count);
  }

  isWithin(share: number): boolean {
    return this.number() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /**
   * A rank from 0 up to `count`, where rank r comes up in proportion to about 1 / (r + 1): Zipf's law with exponent 1, by inverting the
   * integral that stands in for its sum.
   */
  zipfRank(count: number): number {
    return Math.min(count - 1, Math.floor((count + 1) ** this.number()) - 1);
  }
}
