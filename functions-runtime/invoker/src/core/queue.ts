/** A first-in first-out queue whose ends are cheap: dropping from the front moves an index, and the array is cut now and then. */

const cutAbove = 1024;

export class Queue<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  at(index: number): T | undefined {
    return this.#items[this.#head + index];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The first `count` items; they stay. */
  first(count: number): T[] {
    return this.#items.slice(this.#head, this.#head + count);
  }

  drop(count: number): void {
    this.#head = Math.min(this.#head + count, this.#items.length);
    if (this.#head < cutAbove || this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
