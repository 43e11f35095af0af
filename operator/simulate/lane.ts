// One partition: records that wait, oldest first, and whether a call of it is open.

/** Records that arrived together. */
export interface Records {
  readonly atMs: number;
  count: number;
}

export interface Lane {
  readonly partition: number;
  readonly waiting: Records[];
  waitingCount: number;
  /** The open call: since when its oldest record is there. */
  open: { readonly atMs: number } | null;
  produced: number;
  done: number;
}

export const newLane = (_share: number, partition: number): Lane => ({
  partition,
  waiting: [],
  waitingCount: 0,
  open: null,
  produced: 0,
  done: 0,
});

export function arrive(lane: Lane, atMs: number, count: number): void {
  if (count === 0) return;
  lane.waiting.push({ atMs, count });
  lane.waitingCount += count;
  lane.produced += count;
}

/** The oldest records, at most `max`. */
export function take(lane: Lane, max: number): Records[] {
  const records: Records[] = [];
  let room = max;
  while (room > 0) {
    const first = lane.waiting[0];
    if (first === undefined) break;
    const count = Math.min(room, first.count);
    records.push({ atMs: first.atMs, count });
    room -= count;
    lane.waitingCount -= count;
    if (count === first.count) lane.waiting.shift();
    else first.count -= count;
  }
  return records;
}
