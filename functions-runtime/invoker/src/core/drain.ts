/** Hand-over: no new call; what is open is finished until the deadline; then the partition is released with what is settled. */
import { fitted, metadataOf } from './commits.ts';
import type { Lane, Turn } from './lanes.ts';

/** Releases a draining lane when nothing is open, or when its time is up. True: it is released, forget it. */
export function releaseIfDrained(lane: Lane, turn: Turn): boolean {
  if (lane.drainDeadlineMs === null) return false;
  const finished = lane.call === null && lane.write === null && lane.decided.length === 0;
  if (!finished && turn.atMs < lane.drainDeadlineMs) return false;
  abandonCall(lane, turn);
  // What is cut off may still be running: then this was no hand-over in order, and the next owner must be as careful as after a crash.
  const metadata = fitted(metadataOf(lane, finished));
  const { partition, epoch, ledger } = lane;
  turn.emit({ kind: 'released', partition, epoch, offset: ledger.watermark, metadata });
  return true;
}

export function abandonCall(lane: Lane, turn: Turn): void {
  if (lane.call !== null) turn.emit({ kind: 'abandon', callId: lane.call.callId, partition: lane.partition });
}
