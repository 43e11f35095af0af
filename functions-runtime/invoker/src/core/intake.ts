/** Records come in; a lane that holds its share of the buffer is paused until half of the share is free (D9). */
import { memoryIsFull } from './commits.ts';
import type { CoreEvent } from './events.ts';
import type { Lane, Turn } from './lanes.ts';

/** This part of the buffer is shared among the lanes; the rest is for fetches that were under way when their lane was paused. */
const sharedPart = 0.75;

export function arrive(lane: Lane, event: Extract<CoreEvent, { kind: 'arrived' }>, turn: Turn): void {
  for (const record of event.records) {
    if (lane.ledger.receive(record.offset) !== 'new') continue;
    lane.attempts.receive(record.offset);
    lane.waiting.push({ record, arrivedAtMs: turn.atMs });
    lane.bufferedBytes += record.bytes;
    if (lane.suspect !== 'awaited') continue;
    // The last owner died without a word, perhaps of this record: that counts as an attempt of it, and is saved before it is called.
    lane.suspect = record.offset;
    lane.attempts.charge(record.offset, turn.atMs);
  }
  lane.ledger.passTo(event.nextPosition);
}

/** Each lane has the same share, so that a slow partition cannot take the buffer from the others. */
export function balance(lane: Lane, lanes: number, turn: Turn): void {
  if (lane.drainDeadlineMs !== null) return;
  const share = (turn.settings.maxBufferedBytes * sharedPart) / Math.max(lanes, 1);
  const { bufferedBytes } = lane;
  if (!lane.paused && bufferedBytes > 0 && (bufferedBytes >= share || memoryIsFull(lane))) {
    lane.paused = true;
    turn.emit({ kind: 'pause', partition: lane.partition });
  } else if (lane.paused && (bufferedBytes === 0 || (bufferedBytes <= share / 2 && !memoryIsFull(lane)))) {
    lane.paused = false;
    turn.emit({ kind: 'resume', partition: lane.partition });
  }
}
