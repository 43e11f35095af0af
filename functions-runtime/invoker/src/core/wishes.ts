/** What a person wishes for exactly one record that holds its partition: to be tried at once, or to be skipped. A wish for any other record means nothing. */
import type { FailedRecord } from './attempts.ts';
import { noteDecided } from './caution.ts';
import type { Circuit } from './circuit.ts';
import type { CoreEvent } from './events.ts';
import { type Lane, type Turn, unblock } from './lanes.ts';
import { settleUnwritten } from './outputs.ts';
import { fateOf } from './settle.ts';

type Wished = Extract<CoreEvent, { kind: 'wished' }>;

export function onWished(lane: Lane, { skip, retry }: Wished, circuit: Circuit, turn: Turn): void {
  lane.skips = skip;
  for (const offset of retry) tryAtOnce(lane, offset, circuit, turn);
}

function tryAtOnce(lane: Lane, offset: number, circuit: Circuit, { atMs }: Turn): void {
  if (lane.write?.writeId === null && lane.write.decided[0]?.record.offset === offset)
    lane.write = { ...lane.write, retryAtMs: atMs };
  if (!isHeldAt(lane, offset)) return;
  lane.wait = null;
  if (lane.blocks.has('exhausted')) lane.retrialMs = atMs;
  circuit.tryNow(atMs);
}

/**
 * Skips the record if it is the one that holds the lane: it goes where the policy sends what is given up, or nowhere if there is no such place. Nothing
 * is skipped that was never tried, nor while a call with it is open.
 */
export function skipIfWished(lane: Lane, circuit: Circuit, turn: Turn): void {
  if (lane.skips.length === 0) return;
  const unwritten = lane.write?.decided[0]?.record.offset;
  if (unwritten !== undefined && lane.skips.includes(unwritten) && settleUnwritten(lane, unwritten, turn))
    noteSkipped(lane, unwritten, 'dropped', turn);
  const offset = lane.waiting.at(0)?.record.offset;
  if (offset === undefined || !lane.skips.includes(offset)) return;
  if (lane.drainDeadlineMs !== null || !isHeldAt(lane, offset)) return;
  const { record } = lane.waiting.at(0)!;
  const fault = { reason: 'skipped by the annotation headrace.dev/skip', code: 'skipped' };
  const fate = fateOf(record, { ...fault, failed: historyOf(lane, offset, turn) }, turn.settings);
  lane.waiting.drop(1);
  lane.decided.push(fate ?? { record, how: 'dropped', outgoing: [] });
  noteDecided(lane, 1, offset);
  lane.wait = null;
  lane.retrialMs = null;
  unblock(lane, 'exhausted', turn);
  unblock(lane, 'unauthorized', turn);
  circuit.tryNow(turn.atMs);
  noteSkipped(lane, offset, fate?.how === 'dead-lettered' ? 'dead-lettered' : 'dropped', turn);
}

/** It is the lane's next record, was tried, and no call is open. */
function isHeldAt({ waiting, call, attempts, blocks }: Lane, offset: number): boolean {
  if (call !== null || waiting.at(0)?.record.offset !== offset) return false;
  return attempts.of(offset) !== undefined || [...blocks.values()].some((blocked) => blocked.offset === offset);
}

function historyOf({ attempts }: Lane, offset: number, { atMs }: Turn): FailedRecord {
  const known = attempts.of(offset) ?? { attempts: 0, firstFailureMs: 0, lastFailureMs: atMs, heldMs: 0 };
  return { ...known, firstFailureMs: known.firstFailureMs || atMs };
}

function noteSkipped(lane: Lane, offset: number, how: 'dead-lettered' | 'dropped', turn: Turn): void {
  turn.emit({ kind: 'noted', note: { kind: 'skipped', partition: lane.partition, offset, how } });
}
