/** The partitions a fetcher has been given: where each goes on, and which of them the next request to a broker asks for. PURE. */
import type { CommittedReader } from './committed-reader.ts';

/** One `add` of a partition. Removing and adding again makes another hold: what was fetched for the first is not for it. */
export interface Hold {
  readonly partition: number;
  position: number;
  paused: boolean;
  /** In a request that has not been answered. */
  asked: boolean;
  /** Out of range, or its topic is another one now: fetched no more until it is added anew. */
  stopped: boolean;
  /** Not asked for before this, after a failure (monotonic milliseconds). */
  notBeforeMs: number;
  /** Had nothing a moment ago: not asked for before this without waiting. */
  quickAfterMs: number;
  /** Failures in a row. */
  failures: number;
  /** Of the topic it was first fetched from. */
  topicId: string | undefined;
  /** What of its last answer was not handed on before it was paused: comes first after `resume`. */
  rest: CommittedReader | undefined;
  /** Grows when it brought records: who was served last is asked for last, for a broker fills its answer in the order asked. */
  servedAt: number;
}

export class Holds {
  readonly #byPartition = new Map<number, Hold>();
  #served = 0;

  add(partition: number, position: number): void {
    this.#byPartition.set(partition, {
      partition,
      position,
      paused: false,
      asked: false,
      stopped: false,
      notBeforeMs: 0,
      quickAfterMs: 0,
      failures: 0,
      topicId: undefined,
      rest: undefined,
      servedAt: 0,
    });
  }

  remove(partition: number): void {
    this.#byPartition.delete(partition);
  }

  pause(partition: number): void {
    const hold = this.#byPartition.get(partition);
    if (hold) hold.paused = true;
  }

  /** The hold, if there is one. */
  resume(partition: number): Hold | undefined {
    const hold = this.#byPartition.get(partition);
    if (!hold) return undefined;
    hold.paused = false;
    hold.quickAfterMs = 0;
    return hold;
  }

  /** Bytes of all rests. */
  get restBytes(): number {
    let bytes = 0;
    for (const { rest } of this.#byPartition.values()) bytes += rest?.heldBytes ?? 0;
    return bytes;
  }

  /** Whether records fetched for `hold` may still be handed on: the same hold, and room for them. */
  wants(hold: Hold): boolean {
    return this.isCurrent(hold) && !hold.paused;
  }

  isCurrent(hold: Hold): boolean {
    return this.#byPartition.get(hold.partition) === hold;
  }

  served(hold: Hold, nextPosition: number): void {
    hold.position = nextPosition;
    hold.failures = 0;
    hold.quickAfterMs = 0;
    this.#served += 1;
    hold.servedAt = this.#served;
  }

  /** Those that want records now, the longest unserved first. */
  ready(nowMs: number): readonly Hold[] {
    return [...this.#byPartition.values()]
      .filter((hold) => wantsAnswer(hold) && hold.notBeforeMs <= nowMs)
      .toSorted((a, b) => a.servedAt - b.servedAt);
  }

  /**
   * When the next one that was not ready at `nowMs` may be asked for, with or without waiting; undefined when there is
   * none. To be asked with the moment given to `ready`: what becomes due in between would be left out by both.
   */
  nextReadyMs(nowMs: number): number | undefined {
    let next: number | undefined;
    for (const hold of this.#byPartition.values()) {
      const at = Math.max(hold.notBeforeMs, hold.quickAfterMs);
      if (wantsAnswer(hold) && at > nowMs) next = Math.min(next ?? at, at);
    }
    return next;
  }
}

const wantsAnswer = ({ paused, asked, stopped, rest }: Hold): boolean =>
  !paused && !asked && !stopped && rest === undefined;
