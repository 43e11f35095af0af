/** Which lane may call now, and with what: one open call per lane, stamped with the epoch; while the circuit is open one probe in all. */
import { nextBatch } from './batches.ts';
import type { Circuit } from './circuit.ts';
import { attemptsAreSaved } from './commits.ts';
import { block, type Lane, type Turn } from './lanes.ts';
import { fateOf } from './settle.ts';

/** Starts the lane's next call if it may go. `decided`: instead, a record was decided without a call. */
export function startCall(lane: Lane, circuit: Circuit, turn: Turn): 'decided' | 'done' {
  if (!isFree(lane)) return 'done';
  if (isKiller(lane, turn)) return condemn(lane, turn);
  if (circuit.open || isWaiting(lane, turn.atMs)) return 'done';
  const batch = nextBatch(lane, turn.settings, turn.atMs);
  if (batch.kind === 'ready') openCall(lane, batch.count, false, turn);
  return 'done';
}

/** The next probe, if its time has come: one record, of the lane that has not probed for longest. */
export function startProbe(lanes: Iterable<Lane>, circuit: Circuit, turn: Turn): void {
  if (!circuit.open || !circuit.mayProbe(turn.atMs)) return;
  let chosen: Lane | null = null;
  for (const lane of lanes) {
    if (!isFree(lane) || (isWaiting(lane, turn.atMs) && lane.wait?.why !== 'retry')) continue;
    if (chosen === null || lane.lastProbe < chosen.lastProbe) chosen = lane;
  }
  if (chosen === null) return;
  chosen.lastProbe = openCall(chosen, 1, true, turn);
  circuit.probing(chosen.lastProbe);
}

/** A call may overlap with one open write, but not when that write fails or another is due: then the lane waits for Kafka. */
function isFree(lane: Lane): boolean {
  if (lane.call !== null || lane.drainDeadlineMs !== null || lane.blocks.has('exhausted')) return false;
  if (lane.decided.length > 0 || (lane.write !== null && lane.write.failures > 0)) return false;
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
  lane.call = { callId, records, probe };
  lane.wait = null;
  const deadlineMs = turn.atMs + turn.settings.callTimeoutMs;
  turn.emit({ kind: 'call', callId, partition, epoch, topicId, records, attempt: failed + 1, deadlineMs });
  return callId;
}

/**
 * A record that kills the invoker never gets an answer: it is known by the unclean take-overs that were charged to it. When these are more than the
 * attempts it has, it is not called again. At least three, because the first record is only the first suspect of a batch.
 */
function isKiller(lane: Lane, turn: Turn): boolean {
  const { offset } = lane.waiting.at(0)!.record;
  return lane.suspect === offset && lane.attempts.count(offset) > Math.max(turn.settings.retry.maxAttempts, 2);
}

function condemn(lane: Lane, turn: Turn): 'decided' | 'done' {
  const { record } = lane.waiting.at(0)!;
  const known = lane.attempts.of(record.offset)!;
  const failed = { ...known, firstFailureMs: known.firstFailureMs || turn.atMs, lastFailureMs: turn.atMs };
  const reason = 'out of attempts, and the invoker ended at the last of them';
  const fate = fateOf(record, { reason, code: 'take-over', failed }, turn.settings);
  if (fate === null) {
    block(lane, 'exhausted', record.offset, reason, turn);
    return 'done';
  }
  lane.waiting.drop(1);
  lane.suspect = 'none';
  lane.decided.push(fate);
  return 'decided';
}
