/** What decided records leave behind is written in input order, one write at a time per lane; a record is settled when its write is acknowledged (D3, D4). */
import { backoffMs } from './backoff.ts';
import type { CoreEvent } from './events.ts';
import { block, type Decided, type Lane, type Turn, unblock } from './lanes.ts';

/** Settles what has nothing to write, and asks for the next write. Settling is in input order, so a crash repeats a suffix and never a hole. */
export function pumpWrites(lane: Lane, turn: Turn): void {
  if (lane.write !== null) {
    if (lane.write.writeId === null && turn.atMs >= lane.write.retryAtMs) askToWrite(lane, lane.write.decided, turn);
    return;
  }
  const first = lane.decided.findIndex(({ outgoing }) => outgoing.length > 0);
  const settled = lane.decided.splice(0, first < 0 ? lane.decided.length : first);
  settle(lane, settled, turn);
  if (lane.decided.length === 0) return;
  askToWrite(lane, lane.decided, turn);
  lane.decided = [];
}

function askToWrite(lane: Lane, decided: readonly Decided[], turn: Turn): void {
  const { partition, epoch } = lane;
  const writeId = turn.nextId();
  lane.write = { writeId, decided, failures: lane.write?.failures ?? 0, retryAtMs: 0 };
  turn.emit({ kind: 'write', writeId, partition, epoch, records: decided.flatMap(({ outgoing }) => outgoing) });
}

export function onWritten(lane: Lane, event: Extract<CoreEvent, { kind: 'written' }>, turn: Turn): void {
  const { write } = lane;
  if (write === null || write.writeId !== event.writeId) {
    turn.emit({ kind: 'noted', note: { kind: 'ignored', why: `write ${event.writeId} is not open` } });
    return;
  }
  switch (event.outcome.kind) {
    case 'ok':
      lane.write = null;
      unblock(lane, 'write', turn);
      settle(lane, write.decided, turn);
      return;
    case 'failed': {
      const failures = write.failures + 1;
      const retryAtMs = turn.atMs + backoffMs(turn.settings.retry, failures, turn.settings.random);
      lane.write = { ...write, writeId: null, failures, retryAtMs };
      const { reason, detail } = event.outcome;
      const { offset } = write.decided[0]!.record;
      if (failures > 1) block(lane, 'write', offset, `not written: ${reason}: ${detail}`, turn);
      return;
    }
  }
}

/** Nobody wants to wait any longer for what this record leaves behind. False: it is not the record whose write waits for its next try. */
export function settleUnwritten(lane: Lane, offset: number, turn: Turn): boolean {
  const { write } = lane;
  const [first, ...others] = write?.decided ?? [];
  if (write === null || write.writeId !== null || first?.record.offset !== offset) return false;
  lane.write = others.length === 0 ? null : { ...write, decided: others, retryAtMs: turn.atMs };
  unblock(lane, 'write', turn);
  settle(lane, [{ ...first, how: 'dropped' }], turn);
  return true;
}

function settle(lane: Lane, decided: readonly Decided[], turn: Turn): void {
  const counts = new Map<Decided['how'], number>();
  for (const { record, how } of decided) {
    lane.ledger.settle(record.offset);
    lane.attempts.forget(record.offset);
    lane.bufferedBytes -= record.bytes;
    counts.set(how, (counts.get(how) ?? 0) + 1);
  }
  for (const [how, count] of counts) {
    turn.emit({ kind: 'noted', note: { kind: 'settled', partition: lane.partition, count, how } });
  }
}
