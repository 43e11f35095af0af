/** When this invoker is in the group: joins while its ordinal is placed, leaves for good when it is not, leaves to return on SIGTERM. */
import type { Membership } from '#kafka/ports.ts';

export interface AttendanceHandlers {
  join(): Membership;
  onLeft(how: 'will-return' | 'for-good'): void;
}

export class Attendance {
  readonly #ordinal: number;
  readonly #handlers: AttendanceHandlers;
  /** null: not told yet. */
  #invokers: number | null = null;
  #membership: Membership | null = null;
  /** Set while leaving; resolves when left. */
  #leaving: Promise<void> | null = null;
  #ending = false;

  constructor(ordinal: number, handlers: AttendanceHandlers) {
    this.#ordinal = ordinal;
    this.#handlers = handlers;
  }

  get membership(): Membership | null {
    return this.#membership;
  }

  /** For the report. Standing by counts as left: this pod may be removed. */
  get state(): Membership['state'] {
    if (this.#membership !== null) return this.#membership.state;
    return this.#ending || this.#isPlaced() === false ? 'left' : 'joining';
  }

  place(invokers: number): void {
    this.#invokers = invokers;
    this.#settle();
  }

  /** Nobody tells a placement (the API server is away): streams go on as if placed. */
  assumePlaced(): void {
    if (this.#invokers === null) this.place(this.#ordinal + 1);
  }

  /** The process ends: drains and leaves, for good only where its ordinal is no longer placed. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#settle();
    await this.#leaving;
  }

  #isPlaced(): boolean | null {
    return this.#invokers === null ? null : this.#ordinal < this.#invokers;
  }

  #settle(): void {
    if (this.#leaving !== null) return;
    const placed = this.#isPlaced();
    if (this.#membership === null) {
      if (placed === true && !this.#ending) this.#membership = this.#handlers.join();
    } else if (placed === false) {
      this.#leaving = this.#leave(this.#membership, 'for-good');
    } else if (this.#ending) {
      this.#leaving = this.#leave(this.#membership, 'will-return');
    }
  }

  async #leave(membership: Membership, how: 'will-return' | 'for-good'): Promise<void> {
    await membership.leave(how);
    this.#membership = null;
    this.#leaving = null;
    this.#handlers.onLeft(how);
    // Placed again while it left.
    this.#settle();
  }
}
