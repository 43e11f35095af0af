/** Records come in; a lane that holds its share of the buffer is paused until half of the share is free, or its next call would not be full (D9). */
import { suspectFirst } from './caution.ts';
import type { CoreEvent } from './events.ts';
import type { Lane, Turn } from './lanes.ts';

/** More than so many batches, and these bytes, ahead of the function make no lane quicker: records that wait long only cost memory and the collector's time. */
const batchesAhead = 4;
const bytesAhead = 256 * 1024;
/** And never more than these bytes, or two of the largest batches. */
const mostBytesAhead = 2 * 1024 * 1024;
const largestBatchesAhead = 2;
/** This part of the buffer is shared among the lanes; the rest is for fetches that were under way when their lane was paused. */
const sharedPart = 0.75;

export function arrive(lane: Lane, event: Extract<CoreEvent, { kind: 'arrived' }>, turn: Turn): void {
  for (const record of event.records) {
    if (lane.ledger.receive(record.offset) !== 'new') continue;
    lane.attempts.receive(record.offset);
    lane.waiting.push({ record, arrivedAtMs: turn.atMs });
    lane.bufferedBytes += record.bytes;
    suspectFirst(lane, record.offset);
  }
  lane.ledger.passTo(event.nextPosition);
}

/** Each lane has the same share, so that a slow partition cannot take the buffer from the others; what is left over from lanes that came later counts too. */
export function balance(lanes: ReadonlyMap<number, Lane>, turn: Turn): void {
  const shared = turn.settings.maxBufferedBytes * sharedPart;
  const ample = Math.max(mostBytesAhead, largestBatchesAhead * turn.settings.batch.maxBytes);
  const share = Math.min(ample, shared / Math.max(lanes.size, 1));
  let total = 0;
  for (const { bufferedBytes } of lanes.values()) total += bufferedBytes;
  for (const lane of lanes.values()) balanceOne(lane, share, total >= shared, turn);
}

function balanceOne(lane: Lane, share: number, allFull: boolean, turn: Turn): void {
  const { bufferedBytes, partition, paused } = lane;
  if (lane.drainDeadlineMs !== null) return;
  const mustWait = allFull || lane.commits.memoryFull;
  if (!paused && bufferedBytes > 0 && (mustWait || holds(lane, 1, share, turn))) {
    lane.paused = true;
    turn.emit({ kind: 'pause', partition });
  } else if (paused && (bufferedBytes === 0 || (!mustWait && wantsMore(lane, share, turn)))) {
    lane.paused = false;
    turn.emit({ kind: 'resume', partition });
  }
}

/** Half of its share is free; or the next call would not be full, though a backlog may wait in Kafka, and there is room at all. */
function wantsMore(lane: Lane, share: number, turn: Turn): boolean {
  if (!holds(lane, 0.5, share, turn)) return true;
  const forNextCall = lane.waiting.length - (lane.call?.records.length ?? 0);
  return forNextCall < turn.settings.batch.maxRecords && lane.bufferedBytes < share;
}

/** Whether it holds this part of its share, or of what keeps it busy. */
function holds({ bufferedBytes, waiting }: Lane, part: number, share: number, turn: Turn): boolean {
  if (bufferedBytes >= share * part) return true;
  return waiting.length >= batchesAhead * turn.settings.batch.maxRecords * part && bufferedBytes >= bytesAhead * part;
}
