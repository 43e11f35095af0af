/**
 * The deterministic core of an invoker: events in, effects out; no clock, no network, no chance of its own. The rooms, in the order of a record's life:
 *
 *     arrived ──► intake ──► lanes ──► batches ──► calls ─────────► call ──► (function)
 *                 bytes      one per   which run   may it go?                   │
 *                 D9, D10    partition of records  epoch stamped, P1            │
 *                 │ pause, resume                    ▲      ▲                   │
 *                 ▼                                  │      └── circuit ◄───────┤
 *                                          retry, split, wait   one probe       │
 *                                                    │                          ▼
 *     commit  ◄── commits ◄── ledger ◄── outputs ◄── answers ◄── settle ◄── answered
 *     committed   offered     watermark  in order,   charged     the three kinds
 *                 and saved   D1, D2     one write   attempts:   of answer: a judgement
 *                 D6          D10        D3, D4, P3  D6
 *
 *     draining ──► drain ──► released          lost, stand-down: forgotten; nothing is settled, nothing committed
 *     wished ──► wishes: the one record that holds its lane is skipped, or tried at once
 *     gained, unclean ──► caution: the first record is suspected of having killed the last owner; a leash, a charge, if need be a trial
 *
 * A lane moves only in `step`: first the event is taken in by its room, then the lane is pumped (writes, calls, release, commit, intake), then the
 * earliest time at which anything is to be done again is asked for. The shell answers every call and every write with exactly one event, unless
 * the partition was lost, released or the call abandoned; answers to what is not open are ignored.
 */
import { nextAlarmMs } from './alarm.ts';
import { onAnswered } from './answers.ts';
import { type Gates, startCall, startProbe } from './calls.ts';
import { lengthenLeash, Trial } from './caution.ts';
import { Circuit } from './circuit.ts';
import { offerCommit, onCommitted, retryCommit } from './commits.ts';
import { abandonCall, releaseIfDrained } from './drain.ts';
import type { CoreEffect, CoreEvent } from './events.ts';
import { arrive, balance } from './intake.ts';
import { type Lane, openLane, type Turn } from './lanes.ts';
import { onWritten, pumpWrites } from './outputs.ts';
import type { CoreSettings } from './settings.ts';
import { type CoreSnapshot, snapshotOf } from './snapshot.ts';
import { onWished, skipIfWished } from './wishes.ts';

export interface Core {
  step(event: CoreEvent): CoreEffect[];
  snapshot(): CoreSnapshot;
}

export function createCore(settings: CoreSettings): Core {
  return new Rooms(settings);
}

type LaneEvent = Extract<CoreEvent, { epoch: number }>;
type Answered = Extract<CoreEvent, { kind: 'answered' }>;

class Rooms implements Core {
  readonly #settings: CoreSettings;
  readonly #lanes = new Map<number, Lane>();
  readonly #circuit = new Circuit();
  readonly #trial = new Trial();
  readonly #gates: Gates;
  #lastId = 0;
  #wishedMs: number | null = null;
  /** Something happened in this step that concerns all lanes. */
  #allMayGo = false;

  constructor(settings: CoreSettings) {
    this.#settings = settings;
    const openCalls = (): number => {
      let count = 0;
      for (const { call } of this.#lanes.values()) if (call !== null) count += 1;
      return count;
    };
    this.#gates = { circuit: this.#circuit, trial: this.#trial, openCalls };
  }

  snapshot(): CoreSnapshot {
    return snapshotOf(this.#lanes, this.#circuit);
  }

  step(event: CoreEvent): CoreEffect[] {
    const effects: CoreEffect[] = [];
    const turn: Turn = {
      atMs: event.atMs,
      settings: this.#settings,
      emit: (effect) => void effects.push(effect),
      nextId: () => {
        this.#lastId += 1;
        return this.#lastId;
      },
    };
    this.#take(event, turn);
    this.#pumpAll(turn);
    startProbe(this.#lanes.values(), this.#gates, turn);
    balance(this.#lanes, turn);
    this.#askToWake(turn);
    return effects;
  }

  #take(event: CoreEvent, turn: Turn): void {
    switch (event.kind) {
      case 'gained':
        this.#lose(event.partition, turn);
        this.#lanes.set(event.partition, openLane(event));
        break;
      case 'arrived':
      case 'answered':
      case 'written':
      case 'committed':
        this.#takeForLane(event, turn);
        break;
      case 'draining': {
        const lane = this.#lanes.get(event.partition);
        if (lane === undefined) return;
        lane.drainDeadlineMs = event.deadlineMs;
        this.#pump(lane, turn);
        break;
      }
      case 'lost':
        this.#lose(event.partition, turn);
        break;
      case 'wished': {
        const lane = this.#lanes.get(event.partition);
        if (lane === undefined) return;
        onWished(lane, event, this.#circuit, turn);
        this.#pump(lane, turn);
        break;
      }
      case 'function-available':
        this.#circuit.tryNow(turn.atMs);
        for (const lane of this.#lanes.values()) if (lane.wait?.why === 'function-away') lane.wait = null;
        this.#allMayGo = true;
        break;
      case 'ticked':
        this.#wishedMs = null;
        this.#allMayGo = true;
        break;
    }
  }

  /** Events of another epoch, or of a partition that is not owned, come too late to mean anything. */
  #takeForLane(event: LaneEvent & { kind: 'arrived' | 'answered' | 'written' | 'committed' }, turn: Turn): void {
    const lane = this.#lanes.get(event.partition);
    if (lane?.epoch !== event.epoch) {
      const why = `${event.kind} for partition ${event.partition} epoch ${event.epoch}, which is not owned`;
      turn.emit({ kind: 'noted', note: { kind: 'ignored', why } });
      return;
    }
    switch (event.kind) {
      case 'arrived':
        if (lane.drainDeadlineMs === null) arrive(lane, event, turn);
        break;
      case 'answered':
        this.#answered(lane, event, turn);
        return;
      case 'written':
        onWritten(lane, event, turn);
        break;
      case 'committed':
        onCommitted(lane, event, turn);
        break;
    }
    this.#pump(lane, turn);
  }

  #answered(lane: Lane, event: Answered, turn: Turn): void {
    const consequence = onAnswered(lane, event, this.#circuit, turn);
    // Who is tried waits until the others' calls have ended; and the others wait no longer for one that lives, or was not asked.
    if (this.#trial.open) {
      if (lane.decided.length === 0) this.#trial.end(lane);
      this.#allMayGo = true;
    }
    switch (consequence.kind) {
      case 'none':
        this.#pump(lane, turn);
        break;
      case 'let-go':
        turn.emit({ kind: 'stand-down', partition: lane.partition, epoch: lane.epoch });
        this.#forget(lane, turn);
        break;
      case 'lanes-may-go':
        this.#circuitClosed(consequence.heldMs, lane);
        this.#pump(lane, turn);
        break;
    }
  }

  /** Ages stood still while the circuit was open, and those who waited to retry have waited enough; but not the one whose answer closed it. */
  #circuitClosed(heldMs: number, answered: Lane | null): void {
    for (const lane of this.#lanes.values()) {
      lane.attempts.hold(heldMs);
      if (lane !== answered && lane.wait?.why === 'retry') lane.wait = null;
    }
    this.#allMayGo = true;
  }

  #pump(lane: Lane, turn: Turn): void {
    do {
      skipIfWished(lane, this.#circuit, turn);
      pumpWrites(lane, turn);
      if (this.#trial.endIfOver(lane, turn.atMs)) this.#allMayGo = true;
      lengthenLeash(lane);
    } while (startCall(lane, this.#gates, turn));
    if (releaseIfDrained(lane, turn)) {
      this.#forget(lane, turn);
      return;
    }
    retryCommit(lane, turn);
    offerCommit(lane, turn);
  }

  /** Again if a lane that was let go on the way closed the circuit for the others. */
  #pumpAll(turn: Turn): void {
    while (this.#allMayGo) {
      this.#allMayGo = false;
      for (const lane of [...this.#lanes.values()]) this.#pump(lane, turn);
    }
  }

  #lose(partition: number, turn: Turn): void {
    const lane = this.#lanes.get(partition);
    if (lane === undefined) return;
    abandonCall(lane, turn);
    this.#forget(lane, turn);
  }

  #forget(lane: Lane, turn: Turn): void {
    this.#lanes.delete(lane.partition);
    if (this.#trial.open) {
      this.#trial.end(lane);
      this.#allMayGo = true;
    }
    const heldMs = this.#circuit.forget(lane.partition, lane.call?.callId ?? null, turn);
    if (heldMs !== null) this.#circuitClosed(heldMs, null);
  }

  #askToWake(turn: Turn): void {
    const atMs = nextAlarmMs(this.#lanes.values(), this.#circuit, this.#settings, turn.atMs);
    if (atMs === null || atMs === this.#wishedMs) return;
    this.#wishedMs = atMs;
    turn.emit({ kind: 'wake', atMs });
  }
}
