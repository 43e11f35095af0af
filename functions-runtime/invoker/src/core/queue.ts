/** A first-in first-out queue whose ends are cheap: dropping from the front moves an index, and the array is cut now and then. */

const cutAbove = 1024;

export class Queue<T> {
  /** Before the head there is nothing: what was dropped must not be kept alive until the array is cut. */
  #items: (T | undefined)[] = [];
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
    return this.#items.slice(this.#head, this.#head + count) as T[];
  }

  drop(count: number): void {
    const begin = this.#head;
    this.#head = Math.min(begin + count, this.#items.length);
    this.#items.fill(undefined, begin, this.#head);
    if (this.#head < cutAbove || this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
