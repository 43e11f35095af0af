/** The circuit: when everything fails it is not the records' fault; then one probe at a time, no attempt is charged, nothing is dead-lettered. */
import { backoffMs } from './backoff.ts';
import type { Turn } from './lanes.ts';

/** So many different records at the head of failed calls, without one success between: the circuit opens. */
const differentFailures = 5;

/** Where a failed call began. */
export interface Failing {
  readonly partition: number;
  readonly offset: number;
}

export class Circuit {
  /** Since the last success. */
  #failing: Failing[] = [];
  #lastSuccessMs = Number.NEGATIVE_INFINITY;
  #openSinceMs: number | null = null;
  #probes = 0;
  #nextProbeAtMs = 0;
  #probeCallId: number | null = null;

  get open(): boolean {
    return this.#openSinceMs !== null;
  }

  /** When the next probe may go; null: not by time. */
  get wakeAtMs(): number | null {
    return this.open && this.#probeCallId === null ? this.#nextProbeAtMs : null;
  }

  mayProbe(atMs: number): boolean {
    return this.#probeCallId === null && atMs >= this.#nextProbeAtMs;
  }

  probing(callId: number): void {
    this.#probeCallId = callId;
  }

  /** The call ended, however it did: a later probe is possible. */
  ended(callId: number, turn: Turn): void {
    if (this.#probeCallId !== callId) return;
    this.#probeCallId = null;
    this.#probes += 1;
    this.#scheduleProbe(turn);
  }

  /** A call began at that record and failed as a whole. */
  failed(where: Failing, turn: Turn): void {
    const { partition, offset } = where;
    if (!this.#failing.some((each) => each.partition === partition && each.offset === offset))
      this.#failing.push(where);
    if (!this.open && this.#failing.length >= differentFailures) this.openNow(turn);
  }

  /**
   * True when a record that failed alone, and may not fail again, has no alibi against it: nothing else succeeded since it failed before, and other
   * lanes fail too. Then the function is the suspect.
   */
  doubts(where: Failing, failedBeforeMs: number): boolean {
    if (this.#lastSuccessMs >= failedBeforeMs) return false;
    return this.#failing.some(({ partition }) => partition !== where.partition);
  }

  openNow(turn: Turn): void {
    if (this.open) return;
    this.#openSinceMs = turn.atMs;
    this.#probes = 1;
    this.#scheduleProbe(turn);
    turn.emit({ kind: 'noted', note: { kind: 'circuit', state: 'open' } });
  }

  /** The function did its work. Returns how long the circuit was open, if this closed it. */
  succeeded(turn: Turn): number | null {
    this.#lastSuccessMs = turn.atMs;
    this.#failing = [];
    return this.#close(turn);
  }

  /**
   * The partition is no longer ours: its failures say nothing any more. When those that are left would not open the circuit it closes, else one
   * poisoned record could keep it open for ever. Returns how long it was open, if this closed it.
   */
  forget(partition: number, callId: number | null, turn: Turn): number | null {
    this.#failing = this.#failing.filter((each) => each.partition !== partition);
    if (callId !== null && this.#probeCallId === callId) this.#probeCallId = null;
    const suspicious =
      this.#failing.length >= differentFailures || new Set(this.#failing.map((each) => each.partition)).size > 1;
    return suspicious ? null : this.#close(turn);
  }

  #close(turn: Turn): number | null {
    if (this.#openSinceMs === null) return null;
    const openMs = turn.atMs - this.#openSinceMs;
    this.#openSinceMs = null;
    turn.emit({ kind: 'noted', note: { kind: 'circuit', state: 'closed' } });
    return openMs;
  }

  /** The function has pods again: a probe may go at once. */
  tryNow(atMs: number): void {
    this.#nextProbeAtMs = Math.min(this.#nextProbeAtMs, atMs);
  }

  #scheduleProbe(turn: Turn): void {
    this.#nextProbeAtMs = turn.atMs + backoffMs(turn.settings.retry, this.#probes, turn.settings.random);
  }
}
