/** One span of owning one partition. Gaining it again is another tenure: nothing of the first is for the second. */
import type { CommitRow } from './commits.ts';

/** `guarded`: taken over, but a call of the last owner may still run in a container that cannot be told to end it. */
export type TenureState = 'taking' | 'guarded' | 'working' | 'stopped' | 'draining' | 'ended';

export class Tenure {
  readonly partition: number;
  /** Why the committed offset means nothing, as a fetch has shown; null at an ordinary take-over. */
  readonly outOfRange: string | null;
  /** Set once taken over. Null before, after the end, and where it was stopped by policy. */
  epoch: number | null = null;
  /** Ends the state `guarded`. */
  guard: NodeJS.Timeout | undefined;
  /** To be given up as soon as possible. */
  leaving = false;
  /** Resolves when the take-over is over, however it ended. */
  readonly taken: Promise<void>;
  /** The last commit of the drain; null when there will be none. */
  readonly drained = Promise.withResolvers<CommitRow | null>();
  #state: TenureState = 'taking';
  readonly #takenOver: () => void;

  constructor(partition: number, outOfRange: string | null) {
    this.partition = partition;
    this.outOfRange = outOfRange;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.taken = promise;
    this.#takenOver = resolve;
  }

  get state(): TenureState {
    return this.#state;
  }

  becomes(state: TenureState): void {
    this.#state = state;
    this.#takenOver();
  }
}
