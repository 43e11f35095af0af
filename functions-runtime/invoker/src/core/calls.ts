/** Which lane may call now, and with what: one open call per lane, stamped with the epoch; while the circuit is open one probe in all. */
import { nextBatch } from './batches.ts';
import { condemnKiller, isKiller, leashLeft, type Trial } from './caution.ts';
import type { Circuit } from './circuit.ts';
import { attemptsAreSaved } from './commits.ts';
import { isBlocked, type Lane, type Turn } from './lanes.ts';

/** What decides over all lanes together. */
export interface Gates {
  readonly circuit: Circuit;
  readonly trial: Trial;
  readonly openCalls: () => number;
}

/** Starts the lane's next call if it may go. True: instead, a record's fate was decided without a call; look at the lane again. */
export function startCall(lane: Lane, gates: Gates, turn: Turn): boolean {
  if (gates.circuit.open || isWaiting(lane, turn.atMs) || !mayCall(lane, gates, turn)) return false;
  if (isKiller(lane, turn)) {
    condemnKiller(lane, turn);
    return true;
  }
  const batch = nextBatch(lane, turn.settings, turn.atMs);
  if (batch.kind === 'ready') openCall(lane, batch.count, false, turn);
  return false;
}

/** The next probe, if its time has come: one record, of the lane that is the best to ask. */
export function startProbe(lanes: Iterable<Lane>, gates: Gates, turn: Turn): void {
  const { circuit } = gates;
  if (!circuit.open || !circuit.mayProbe(turn.atMs)) return;
  let chosen: Lane | null = null;
  for (const lane of lanes) {
    if (isWaiting(lane, turn.atMs) && lane.wait?.why !== 'retry') continue;
    if (mayCall(lane, gates, turn) && (chosen === null || isBetterProbe(lane, chosen, circuit, turn))) chosen = lane;
  }
  if (chosen === null) return;
  const callId = openCall(chosen, 1, true, turn);
  chosen.probed = { callId, offset: chosen.waiting.at(0)!.record.offset };
  circuit.probing(callId);
}

/**
 * A record that was not asked yet is the best witness. Else they take turns; but when patience is over, every second probe is for the record that has
 * failed most often, so that it comes to its end. One that blocks is asked last.
 */
function isBetterProbe(lane: Lane, than: Lane, circuit: Circuit, { atMs }: Turn): boolean {
  const mine = probeRank(lane, circuit, atMs);
  const other = probeRank(than, circuit, atMs);
  const index = mine.findIndex((rank, at) => rank !== other[at]);
  return index >= 0 && mine[index]! < other[index]!;
}

/** The lower the better, from the first figure on. */
function probeRank({ partition, waiting, attempts, blocks, probed }: Lane, circuit: Circuit, atMs: number): number[] {
  const { offset } = waiting.at(0)!.record;
  const wasAsked = probed.offset === offset || circuit.hasFailed({ partition, offset });
  const failed = circuit.looksForTheEnd(atMs) ? attempts.count(offset) : 0;
  return [Number(blocks.size > 0), Number(wasAsked), -failed, probed.callId];
}

function mayCall(lane: Lane, { trial, openCalls }: Gates, turn: Turn): boolean {
  return isFree(lane, turn.atMs) && trial.admits(lane, openCalls(), turn);
}

/** A call may overlap with one open write, but not when that write fails or another is due: then the lane waits for Kafka. */
function isFree(lane: Lane, atMs: number): boolean {
  if (lane.call !== null || lane.drainDeadlineMs !== null) return false;
  if (isBlocked(lane, atMs)) return false;
  if (leashLeft(lane) === 0 || lane.decided.length > 0 || (lane.write !== null && lane.write.failures > 0))
    return false;
  const first = lane.waiting.at(0);
  if (first === undefined) return false;
  return lane.attempts.count(first.record.offset) === 0 || attemptsAreSaved(lane);
}

export function isWaiting(lane: Lane, atMs: number): boolean {
  return lane.wait !== null && atMs < lane.wait.untilMs;
}

function openCall(lane: Lane, count: number, probe: boolean, turn: Turn): number {
  const { partition, epoch, topicId } = lane;
  const callId = turn.nextId();
  const records = lane.waiting.first(count).map(({ record }) => record);
  let failed = 0;
  for (const { offset } of records) failed = Math.max(failed, lane.attempts.count(offset));
  lane.call = { callId, records, begunMs: turn.atMs, probe };
  lane.wait = null;
  const deadlineMs = turn.atMs + turn.settings.callTimeoutMs;
  turn.emit({ kind: 'call', callId, partition, epoch, topicId, records, attempt: failed + 1, deadlineMs });
  return callId;
}
