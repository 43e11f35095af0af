/** The earliest time at which a lane has something to do without any event. */
import { nextBatch } from './batches.ts';
import { isWaiting } from './calls.ts';
import type { Circuit } from './circuit.ts';
import type { Lane } from './lanes.ts';
import type { CoreSettings } from './settings.ts';

/** Null: only an event can bring anything about. What was due before `atMs` and did not happen waits for an event, not for time. */
export function nextAlarmMs(
  lanes: Iterable<Lane>,
  circuit: Circuit,
  settings: CoreSettings,
  atMs: number,
): number | null {
  let earliestMs = Number.POSITIVE_INFINITY;
  const consider = (timeMs: number | null): void => {
    if (timeMs !== null && timeMs > atMs) earliestMs = Math.min(earliestMs, timeMs);
  };
  consider(circuit.wakeAtMs);
  for (const lane of lanes) {
    consider(lane.drainDeadlineMs ?? callTimeMs(lane, settings, atMs));
    if (lane.write?.writeId === null) consider(lane.write.retryAtMs);
    consider(lane.commits.retryAtMs);
    if (lane.call === null) consider(lane.retrialMs);
  }
  return earliestMs === Number.POSITIVE_INFINITY ? null : earliestMs;
}

function callTimeMs(lane: Lane, settings: CoreSettings, atMs: number): number | null {
  if (isWaiting(lane, atMs)) return lane.wait?.untilMs ?? null;
  if (lane.call !== null || settings.batch.maxWaitMs === 0) return null;
  const batch = nextBatch(lane, settings, atMs);
  return batch.kind === 'filling' ? batch.untilMs : null;
}
