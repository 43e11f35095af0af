/** What was received and what of it is settled: the watermark below which everything is settled, and the settled islands above it. */

type Range = readonly [first: number, last: number];

/**
 * Only received offsets are tracked, so gaps (markers, aborted records, compaction) cost nothing: when everything received is settled, the
 * watermark stands at the next position to fetch, past all gaps (D10).
 */
export class Ledger {
  /** Received, ascending; before `#head` all are settled. */
  #offsets: number[] = [];
  #settled: boolean[] = [];
  #head = 0;
  /** Settled ones from the head on: mostly none, and then there is nothing to look for. */
  #islands = 0;
  #next: number;
  /** Settled by earlier owners. */
  readonly #inherited: readonly Range[];

  constructor(position: number, inherited: readonly Range[]) {
    this.#next = position;
    this.#inherited = inherited.filter(([, last]) => last >= position);
  }

  /** The first offset that has not been received: nothing below it comes again. */
  get next(): number {
    return this.#next;
  }

  /** The offset that may be committed (D1). */
  get watermark(): number {
    return this.#offsets[this.#head] ?? this.#next;
  }

  /** `again`: below `next`, already here. `settled`: an earlier owner settled it. Offsets come in ascending order. */
  receive(offset: number): 'new' | 'settled' | 'again' {
    if (offset < this.#next) return 'again';
    const settled = this.#inherited.some(([first, last]) => first <= offset && offset <= last);
    this.#offsets.push(offset);
    this.#settled.push(settled);
    this.#next = offset + 1;
    if (settled) this.#settledOne();
    return settled ? 'settled' : 'new';
  }

  /** Up to here was fetched, with or without visible records. */
  passTo(nextPosition: number): void {
    this.#next = Math.max(this.#next, nextPosition);
  }

  settle(offset: number): void {
    const index = this.#indexOf(offset);
    if (this.#offsets[index] !== offset) throw new Error(`offset ${offset} is settled but was never received`);
    if (this.#settled[index]) return;
    this.#settled[index] = true;
    this.#settledOne();
  }

  /** True when no received, unsettled or settled record lies strictly between. */
  adjacent(before: number, after: number): boolean {
    const between = this.#offsets[this.#indexOf(before + 1)];
    return between === undefined || between >= after;
  }

  settledAbove(): Range[] {
    const ranges: [number, number][] = [];
    let open: [number, number] | null = null;
    for (let index = this.#head; this.#islands > 0 && index < this.#offsets.length; index += 1) {
      const offset = this.#offsets[index]!;
      if (!this.#settled[index]) open = null;
      else if (open !== null) open[1] = offset;
      else {
        open = [offset, offset];
        ranges.push(open);
      }
    }
    for (const [first, last] of this.#inherited) {
      if (last >= this.#next) ranges.push([Math.max(first, this.#next), last]);
    }
    return ranges;
  }

  #settledOne(): void {
    this.#islands += 1;
    while (this.#settled[this.#head]) {
      this.#head += 1;
      this.#islands -= 1;
    }
    if (this.#head < 1024 || this.#head * 2 < this.#offsets.length) return;
    this.#offsets = this.#offsets.slice(this.#head);
    this.#settled = this.#settled.slice(this.#head);
    this.#head = 0;
  }

  /** Index of the first received offset at or above `offset`, among those from the head on. */
  #indexOf(offset: number): number {
    let low = this.#head;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
