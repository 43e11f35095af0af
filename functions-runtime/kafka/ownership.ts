/** Which partitions a member holds, which of them it is giving up, and what it tells the group about them. PURE. */

export interface TopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

/** One hold of one partition. Losing it and gaining it again makes another hold, so a late drain cannot speak for it. */
export interface Holding {
  readonly topicId: string;
  readonly partition: number;
}

export interface Changes {
  readonly gained: readonly Holding[];
  /** To be drained; held until `release`. */
  readonly revoked: readonly Holding[];
}

export class Ownership {
  readonly #held = new Map<string, Holding>();
  readonly #draining = new Set<Holding>();
  #target = new Map<string, Holding>();

  /** Held partitions, those being drained included. */
  get partitions(): ReadonlySet<number> {
    return new Set(Array.from(this.#held.values(), ({ partition }) => partition));
  }

  get all(): readonly Holding[] {
    return [...this.#held.values()];
  }

  isDraining(holding: Holding): boolean {
    return this.#draining.has(holding);
  }

  /** Takes over what the group wants us to hold. */
  retarget(assignment: readonly TopicPartitions[]): Changes {
    this.#target = new Map(
      assignment.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => [keyOf({ topicId, partition }), { topicId, partition }]),
      ),
    );
    const revoked: Holding[] = [];
    for (const [key, holding] of this.#held) {
      if (!this.#target.has(key) && this.startDrain(holding)) revoked.push(holding);
    }
    return { gained: this.#gainWhere(() => true), revoked };
  }

  /** False when it is being drained already, or not held any more. */
  startDrain(holding: Holding): boolean {
    if (!this.holds(holding) || this.#draining.has(holding)) return false;
    this.#draining.add(holding);
    return true;
  }

  /** The hold, not only the partition. */
  holds(holding: Holding): boolean {
    return this.#held.get(keyOf(holding)) === holding;
  }

  /**
   * Its drain is over; `undefined` when it was lost meanwhile. Gained now: a partition of the same number of the topic
   * that took the old one's name, which waited for this one. The same partition, should the group want it back already,
   * comes with the answer to the acknowledgement.
   */
  release(holding: Holding): readonly Holding[] | undefined {
    if (!this.holds(holding)) return undefined;
    this.#draining.delete(holding);
    this.#held.delete(keyOf(holding));
    return this.#gainWhere((other) => other.partition === holding.partition && other.topicId !== holding.topicId);
  }

  /** Gives all up at once; the partitions that were held. */
  clear(): readonly number[] {
    const lost = [...this.partitions];
    this.#held.clear();
    this.#draining.clear();
    this.#target.clear();
    return lost;
  }

  /** For the heartbeat. What is being drained stays in it: leaving it out is the acknowledgement. */
  acknowledged(): { topicId: string; partitions: number[] }[] {
    const byTopic = Map.groupBy(this.#held.values(), ({ topicId }) => topicId);
    return Array.from(byTopic, ([topicId, held]) => ({ topicId, partitions: held.map(({ partition }) => partition) }));
  }

  #gainWhere(wanted: (holding: Holding) => boolean): readonly Holding[] {
    const gained: Holding[] = [];
    const numbers = new Set(this.partitions);
    for (const [key, holding] of this.#target) {
      // Outside this room a partition is its number: two holds of one number cannot be told apart there.
      if (numbers.has(holding.partition) || !wanted(holding)) continue;
      this.#held.set(key, holding);
      numbers.add(holding.partition);
      gained.push(holding);
    }
    return gained;
  }
}

function keyOf({ topicId, partition }: Holding): string {
  return `${topicId}/${partition}`;
}
