/**
 * The circuit: when everything fails nobody knows whether the function or the records are to blame. While it is open one probe is made at a time, and
 * for a while no attempt is charged; then attempts count again, at the pace of probes, so that no record holds its partition for ever.
 */
import { backoffMs } from './backoff.ts';
import type { Turn } from './lanes.ts';
import type { Condemned } from './settle.ts';

/** So many different records at the head of failed calls, without one success between: the circuit opens. */
const differentFailures = 5;
const mostDoublings = 20;

/** Where a failed call began. */
export interface Failing {
  readonly partition: number;
  readonly offset: number;
}

/** What may be told of an open circuit. Unix times. */
export interface Doubt {
  /** Of the first failure without a success behind it. */
  readonly sinceMs: number;
  /** Until then no attempt is charged. */
  readonly patientUntilMs: number;
  /** Of the last failure. */
  readonly reason: string;
}

/** The function did its work: a call that began at `begunMs` ended well. */
export interface Witness {
  readonly begunMs: number;
}

export class Circuit {
  /** Since the last success. */
  #failing: Failing[] = [];
  #reason = '';
  #lastSuccessMs = Number.NEGATIVE_INFINITY;
  #lastSuccessBegunMs = Number.NEGATIVE_INFINITY;
  #failingSinceMs = 0;
  /** Since then the function was not there. Such time is no part of patience. */
  #awaySinceMs: number | null = null;
  #patientUntilMs = 0;
  #openSinceMs: number | null = null;
  /** Records that were given up in doubt since the last success. */
  #givenUp = 0;
  #probes = 0;
  #nextProbeAtMs = 0;
  #probeCallId: number | null = null;

  get open(): boolean {
    return this.#openSinceMs !== null;
  }

  get doubt(): Doubt | null {
    if (this.#openSinceMs === null) return null;
    return { sinceMs: this.#failingSinceMs, patientUntilMs: this.#patientUntilMs, reason: this.#reason };
  }

  /** Failures are taken for the function's, so no attempt is charged. */
  spares(atMs: number): boolean {
    return this.open && atMs < this.#patientUntilMs;
  }

  /** Patience is over, and this probe is one of those that bring a record to its end. */
  looksForTheEnd(atMs: number): boolean {
    return !this.spares(atMs) && this.#probes % 2 === 0;
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
  failed(where: Failing, reason: string, turn: Turn): void {
    if (this.#failing.length === 0 && !this.open) {
      this.#failingSinceMs = turn.atMs;
      this.#bePatient(turn);
    } else if (this.#awaySinceMs !== null) this.#patientUntilMs += turn.atMs - this.#awaySinceMs;
    this.#awaySinceMs = null;
    if (!this.hasFailed(where)) this.#failing.push(where);
    this.#reason = reason;
    if (!this.open && this.#failing.length >= differentFailures) this.openNow(turn);
  }

  /** The function could not be asked. */
  away(atMs: number): void {
    this.#awaySinceMs ??= atMs;
  }

  hasFailed({ partition, offset }: Failing): boolean {
    return this.#failing.some((each) => each.partition === partition && each.offset === offset);
  }

  /**
   * True when a record that failed alone, and may not fail again, has no witness against it. One is a success since it failed before. Where no other
   * lane fails it is enough that a call which began after its first failure succeeded: there the function was well, and the record was not.
   */
  doubts(partition: number, { firstFailureMs, failedBeforeMs }: Condemned): boolean {
    if (this.open || this.#lastSuccessMs >= failedBeforeMs) return false;
    const othersFail = this.#failing.some((each) => each.partition !== partition);
    return othersFail || this.#lastSuccessBegunMs < firstFailureMs;
  }

  openNow(turn: Turn): void {
    if (this.open) return;
    this.#openSinceMs = turn.atMs;
    this.#probes = 1;
    this.#scheduleProbe(turn);
    turn.emit({ kind: 'noted', note: { kind: 'circuit', state: 'open' } });
  }

  /** A record came to its policy though nobody knows whether it is to blame: the next one is spared for twice as long. */
  gaveUp({ partition, offset }: Failing, turn: Turn): void {
    if (!this.open) return;
    this.#givenUp = Math.min(this.#givenUp + 1, mostDoublings);
    this.#bePatient(turn);
    // Whoever stands behind it has not failed yet: the best witness there is.
    this.tryNow(turn.atMs);
    const note = { partition, offset, patientUntilMs: this.#patientUntilMs };
    turn.emit({ kind: 'noted', note: { kind: 'given-up-in-doubt', ...note } });
  }

  /** Returns how long the circuit was open, if this closed it. */
  succeeded({ begunMs }: Witness, turn: Turn): number | null {
    this.#lastSuccessMs = turn.atMs;
    this.#lastSuccessBegunMs = Math.max(this.#lastSuccessBegunMs, begunMs);
    this.#failing = [];
    this.#givenUp = 0;
    this.#awaySinceMs = null;
    return this.#close(turn);
  }

  /** The partition is no longer ours: its failures say nothing any more. Returns how long the circuit was open, if nothing is left that failed. */
  forget(partition: number, callId: number | null, turn: Turn): number | null {
    this.#failing = this.#failing.filter((each) => each.partition !== partition);
    if (callId !== null && this.#probeCallId === callId) this.#probeCallId = null;
    return this.#failing.length > 0 ? null : this.#close(turn);
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

  /** For twice as long after each record that was given up in doubt, up to `maxAge`. */
  #bePatient({ atMs, settings: { patienceMs, retry } }: Turn): void {
    this.#patientUntilMs = atMs + Math.min(patienceMs * 2 ** this.#givenUp, retry.maxAgeMs);
  }

  #scheduleProbe(turn: Turn): void {
    this.#nextProbeAtMs = turn.atMs + backoffMs(turn.settings.retry, this.#probes, turn.settings.random);
  }
}
