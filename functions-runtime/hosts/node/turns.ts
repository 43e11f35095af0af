/** Calls that found no free slot wait here for a short time, first come, first served: else the caller that is quickest to ask again would take every slot. */

/** Twice what an invoker sends ahead of a free slot for. A caller that gets no turn within this time asks again; what it waits is taken from its own time. */
const waitMaxMs = 1_000;
/** At most this share of the time that is left for the call. */
const waitShare = 0.1;

export class Turns {
  readonly #waiting = new Set<(isTurn: boolean) => void>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** True: a slot became free and it is this caller's turn to ask for it. False: the time is over, or too many wait. */
  wait(timeLeftMs: number): Promise<boolean> {
    if (this.#waiting.size >= this.#most) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (isTurn: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(isTurn);
      };
      const timer = setTimeout(settle, Math.min(waitMaxMs, timeLeftMs * waitShare), false);
      this.#waiting.add(settle);
    });
  }

  /** A slot became free, or whose turn it was does not need it. */
  next(): void {
    const [first] = this.#waiting;
    first?.(true);
  }
}
