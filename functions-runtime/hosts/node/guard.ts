/** Decides which calls may run: newest owner, before the deadline, within concurrency, never two for the same records. No clock, no IO. */
import { type Position, shareAnOffset } from './coordinates.ts';
import type { Refusal } from './protocol.ts';

interface Running {
  readonly position: Position | null;
  /** Its answer is given or of no interest, but the function has not ended: it still holds its slot and its partition. */
  abandoned: boolean;
}

export type Admission =
  | { readonly kind: 'admitted'; readonly callId: number }
  /** `forSlot`: nothing but a free slot is lacking. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly detail: string; readonly forSlot?: true };

export interface AnnouncedEpochs {
  readonly binding: string;
  readonly epochs: ReadonlyMap<number, number>;
}

export interface GuardLimits {
  readonly concurrency: number;
  /** Partitions whose epochs are kept; none is ever forgotten, so beyond this new ones are refused. */
  readonly maxPartitions: number;
}

export class Guard {
  readonly #limits: GuardLimits;
  /** Highest epoch seen per binding and partition. */
  readonly #epochs = new Map<string, number>();
  readonly #running = new Map<number, Running>();
  #lastCallId = 0;

  constructor(limits: GuardLimits) {
    this.#limits = limits;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  /** Calls of older owners, which are to be cut now. */
  superseded(): number[] {
    return [...this.#running].flatMap(([callId, { position, abandoned }]) =>
      position !== null && !abandoned && position.epoch < this.#epochOf(position) ? [callId] : [],
    );
  }

  admit(position: Position | null, deadlineMs: number, nowMs: number): Admission {
    const refused = (refusal: Refusal, detail: string) => ({ kind: 'refused', refusal, detail }) as const;
    if (position !== null) {
      if (!this.#raise(position.binding, position.partition, position.epoch)) {
        return refused('busy', `epochs of ${this.#limits.maxPartitions} partitions are kept already`);
      }
      const newest = this.#epochOf(position);
      if (position.epoch < newest) return refused('stale', `epoch ${position.epoch} is over, ${newest} was seen`);
    }
    if (deadlineMs <= nowMs) return refused('late', `the deadline was ${nowMs - deadlineMs} ms ago`);
    if (position !== null && this.#overlaps(position)) {
      return refused('busy', `an earlier call of partition ${position.partition} has not ended`);
    }
    if (this.#running.size >= this.#limits.concurrency)
      return { ...refused('busy', `${this.#running.size} calls are running`), forSlot: true };
    this.#lastCallId += 1;
    this.#running.set(this.#lastCallId, { position, abandoned: false });
    return { kind: 'admitted', callId: this.#lastCallId };
  }

  /** The highest epoch wins, whatever the order of arrival. False when there is no room for it. */
  announce({ binding, epochs }: AnnouncedEpochs): boolean {
    return [...epochs].every(([partition, epoch]) => this.#raise(binding, partition, epoch));
  }

  abandon(callId: number): void {
    const running = this.#running.get(callId);
    if (running) running.abandoned = true;
  }

  ended(callId: number): void {
    this.#running.delete(callId);
  }

  /** A call that was given up, or is of an older owner, bars its partition; any other only its own records, so that keys may run side by side. */
  #overlaps(position: Position): boolean {
    return [...this.#running.values()].some(
      ({ position: other, abandoned }) =>
        other !== null &&
        other.binding === position.binding &&
        other.partition === position.partition &&
        (abandoned || other.epoch < position.epoch || shareAnOffset(other.offsets, position.offsets)),
    );
  }

  #raise(binding: string, partition: number, epoch: number): boolean {
    const key = keyOf(binding, partition);
    const known = this.#epochs.get(key);
    if (known === undefined && this.#epochs.size >= this.#limits.maxPartitions) return false;
    if (known === undefined || epoch > known) this.#epochs.set(key, epoch);
    return true;
  }

  #epochOf({ binding, partition }: Position): number {
    return this.#epochs.get(keyOf(binding, partition)) ?? 0;
  }
}

const keyOf = (binding: string, partition: number): string => `${partition} ${binding}`;
