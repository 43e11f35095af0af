/** After an unclean take-over: perhaps a record killed the last owner, and will kill this one. It must be found in few lives, and nobody else blamed. */
import { offerCommit } from './commits.ts';
import { block, isBlocked, type Lane, type Turn } from './lanes.ts';
import { fateOf } from './settle.ts';

/** A leash longer than this is none: what a fast function does within a commit interval. */
const longestLeash = 4096;

export function leashLeft({ leash }: Lane): number {
  return leash?.left ?? Number.POSITIVE_INFINITY;
}

/** The next `count` records were decided, up to the one at `through`. */
export function noteDecided(lane: Lane, count: number, through: number): void {
  lane.suspect = null;
  lane.decidedThrough = through;
  if (lane.leash !== null) lane.leash = { ...lane.leash, left: lane.leash.left - count };
}

/**
 * The leash is how far the lane may run ahead of its saved commit: one record at first, twice as many each time that all of them are settled and the
 * commit is saved. So every life gets further than the last one, the next owner's first record is close to the killer, and after a few lives is the
 * killer. (If a life could run far ahead of its commit, a killer behind many fast records would be met again and again from the same place.)
 */
export function lengthenLeash(lane: Lane): void {
  const { leash } = lane;
  if (leash === null || leash.left === leash.length || !allIsSaved(lane)) return;
  const length = leash.length * 2;
  lane.leash = length > longestLeash ? null : { length, left: length };
}

/** Whatever was called is settled, and the commit behind it saved. */
function allIsSaved({ call, commits, decidedThrough }: Lane): boolean {
  return call === null && commits.savedOffset > decidedThrough;
}

/** The first record that comes after the take-over is a suspect. */
export function suspectFirst(lane: Lane, offset: number): void {
  if (lane.suspect === 'awaited') lane.suspect = { offset, alone: lane.attempts.count(offset) > 0, charged: false };
}

/** The suspect answered, but nothing was decided. If it was not even asked, it is not charged for this life and is a suspect as before. */
export function noteAnswer(lane: Lane, asked: boolean): void {
  if (lane.suspect === null || lane.suspect === 'awaited') return;
  if (!asked) lane.attempts.refund(lane.suspect.offset);
  lane.suspect = asked ? null : { ...lane.suspect, charged: false };
}

/**
 * A take-over is an attempt of the suspect: charged right before its call, and saved before it is made. Many partitions die together. If their first
 * records were called side by side life after life, all would be charged for what one of them does. So from the second life on they are tried: one at
 * a time, called while nothing else is called anywhere, and its fate saved before anybody goes on. Only who dies alone is condemned.
 */
export class Trial {
  #partition: number | null = null;

  get open(): boolean {
    return this.#partition !== null;
  }

  /** May the lane, which is free to call, do so while others have `openCalls`? If not because its suspect is to be charged, that is done here. */
  admits(lane: Lane, openCalls: number, turn: Turn): boolean {
    if (this.#partition !== null && this.#partition !== lane.partition) return false;
    if (lane.suspect === null || lane.suspect === 'awaited') return true;
    const { offset, alone, charged } = lane.suspect;
    if (alone) this.#partition = lane.partition;
    // Not charged before the others' calls have ended: one of these may be the last of this life.
    if (alone && openCalls > 0) return false;
    if (charged) return true;
    lane.suspect = { offset, alone, charged: true };
    lane.attempts.chargeTakeOver(offset, turn.atMs);
    offerCommit(lane, turn);
    return false;
  }

  /** Its record is settled and saved, or it cannot be for now. True: the others may go. */
  endIfOver(lane: Lane, atMs: number): boolean {
    const stuck = isBlocked(lane, atMs) || (lane.write?.failures ?? 0) > 0;
    return stuck || (lane.suspect === null && allIsSaved(lane)) ? this.end(lane) : false;
  }

  end({ partition }: Lane): boolean {
    if (this.#partition !== partition) return false;
    this.#partition = null;
    return true;
  }
}

/**
 * A record that kills the invoker never gets an answer: it is known by the take-overs that were charged to it. When these are more than the attempts
 * it has, it is not called again. At least three: the first may be anybody's, the second is its trial.
 */
export function isKiller({ suspect, attempts }: Lane, turn: Turn): boolean {
  if (suspect === null || suspect === 'awaited' || !suspect.charged) return false;
  return attempts.count(suspect.offset) > Math.max(turn.settings.retry.maxAttempts, 2);
}

export function condemnKiller(lane: Lane, turn: Turn): void {
  const { record } = lane.waiting.at(0)!;
  const known = lane.attempts.of(record.offset)!;
  const failed = { ...known, firstFailureMs: known.firstFailureMs || turn.atMs, lastFailureMs: turn.atMs };
  const reason = 'out of attempts, and the invoker ended at the last of them';
  const fate = fateOf(record, { reason, code: 'take-over', failed }, turn.settings);
  if (fate === null) {
    block(lane, 'exhausted', record.offset, reason, turn);
    // Never tried again: that might be the end of one more invoker.
    lane.retrialMs = null;
    return;
  }
  lane.waiting.drop(1);
  lane.decided.push(fate);
  noteDecided(lane, 1, record.offset);
}
