// A bounded window of lag samples of one binding, and what can be read off it: work, arrival, progress, idle time. Pure.
import type { BindingSample, PartitionSample } from '#contract/scout.ts';

/** Rates are taken over this much of the newest past: long enough to smooth a batch, short enough to see an end soon. */
export const rateWindowMs = 10_000;
/** A change is believed over this little already, as far as chance does not explain it; the newest has the last word. */
const changeWindowsMs = [3_000, 1_000];
/** How the load is spread over the partitions is taken from this much: it changes slowly, and a short look at few records misleads. */
export const shareWindowMs = 60_000;
/** Samples older than the rate window are kept this far apart. */
const thinnedMs = 10_000;
/** Samples kept at most, whatever the period. */
export const windowSamplesMax = 120;

/** One good sample, reduced to what decisions need. */
export interface Point {
  readonly atMs: number;
  readonly partitions: readonly PartitionSample[];
  readonly delayMs: number | null;
}

export interface SampleWindow {
  readonly points: readonly Point[];
  /** Unix ms of the newest moment at which there was work or something arrived; the first sample counts as such a moment. */
  readonly lastActiveMs: number | null;
  /** Failed samples since the last good one. */
  readonly misses: number;
  readonly lastFailure: string | null;
}

export const emptyWindow: SampleWindow = { points: [], lastActiveMs: null, misses: 0, lastFailure: null };

/** The window with `sample` added. A failed sample changes nothing but the count of misses: the last decision holds. */
export function withSample(window: SampleWindow, sample: BindingSample): SampleWindow {
  if (sample.outcome.kind === 'failed') {
    return { ...window, misses: window.misses + 1, lastFailure: `${sample.outcome.reason}: ${sample.outcome.message}` };
  }
  const newest = window.points.at(-1);
  if (newest !== undefined && sample.atMs <= newest.atMs) return window;
  const point: Point = { atMs: sample.atMs, partitions: sample.outcome.partitions, delayMs: sample.outcome.delayMs };
  const active = newest === undefined || lagOf(point.partitions) > 0 || endOf(point) > endOf(newest);
  return {
    points: thinned([...window.points, point]).slice(-windowSamplesMax),
    lastActiveMs: active ? sample.atMs : window.lastActiveMs,
    misses: 0,
    lastFailure: null,
  };
}

/** The window told that something is still open (a call, a retry that waits): the binding is not idle. */
export function withActivity(window: SampleWindow, atMs: number): SampleWindow {
  return { ...window, lastActiveMs: Math.max(window.lastActiveMs ?? 0, atMs) };
}

/** Records to be done, blocked partitions left out: they are not demand. */
export function work(window: SampleWindow, blocked: ReadonlySet<number>): number {
  const newest = window.points.at(-1);
  return newest === undefined ? 0 : lagOf(newest.partitions.filter((p) => !blocked.has(p.partition)));
}

/** What one partition has to do. */
export interface PartitionLoad {
  readonly partition: number;
  /** Records per second that come. */
  readonly arrival: number;
  /** Records per second that came over the share window. */
  readonly usual: number;
  readonly work: number;
}

/** Partitions, blocked ones left out, that have work or had arrivals lately: no more calls than these can run at once. */
export function partitionLoads(window: SampleWindow, blocked: ReadonlySet<number>): readonly PartitionLoad[] {
  const newest = window.points.at(-1);
  if (newest === undefined) return [];
  const first = pointsSince(window, shareWindowMs)[0] ?? newest;
  const ends = new Map(first.partitions.map((p) => [p.partition, p.logEnd]));
  const rows = newest.partitions
    .filter((p) => !blocked.has(p.partition))
    .map((p) => ({ partition: p.partition, came: p.logEnd - (ends.get(p.partition) ?? p.logEnd), work: p.lag }));
  const came = rows.reduce((sum, row) => sum + Math.max(0, row.came), 0);
  const even = came / Math.max(1, rows.filter((row) => row.came > 0).length);
  const arrival = arrivalPerSecond(window, blocked);
  return rows
    .filter((row) => row.came > 0 || row.work > 0)
    .map((row) => ({
      partition: row.partition,
      arrival: came > 0 ? (arrival * certain(row.came, even)) / came : 0,
      usual: newest.atMs > first.atMs ? (Math.max(0, row.came) * 1000) / (newest.atMs - first.atMs) : 0,
      work: row.work,
    }));
}

/** The part of a count above the mean that chance does not explain (two standard deviations). */
const certain = (count: number, mean: number): number =>
  count <= mean ? Math.max(0, count) : Math.max(mean, count - 2 * Math.sqrt(count));

/**
 * Records per second that arrive, blocked partitions left out: over the rate window, within what the last three seconds and then the last
 * one allow (their count and three standard deviations of it, as chance alone has them). 0 until two samples are there.
 */
export function arrivalPerSecond(window: SampleWindow, blocked: ReadonlySet<number>): number {
  const position = (point: Point): number =>
    point.partitions.reduce((sum, p) => sum + (blocked.has(p.partition) ? 0 : p.logEnd), 0);
  const mean = rate(pointsSince(window, rateWindowMs), position).perSecond;
  return changeWindowsMs.reduce((estimate, ms) => {
    const { count, seconds } = rate(pointsSince(window, ms), position);
    if (seconds === 0) return estimate;
    const chance = 3 * Math.sqrt(count);
    return Math.min((count + chance + 9) / seconds, Math.max((count - chance) / seconds, estimate));
  }, mean);
}

/** Records per second that were done (the committed position's progress), over the rate window. */
export function donePerSecond(window: SampleWindow): number {
  const position = (point: Point): number =>
    point.partitions.reduce((sum, p) => sum + Math.max(p.committed ?? 0, p.logStart), 0);
  return rate(pointsSince(window, rateWindowMs), position).perSecond;
}

/** Age of the oldest record that is owed, as the newest sample has it; null: unknown. */
export function delayMs(window: SampleWindow): number | null {
  return window.points.at(-1)?.delayMs ?? null;
}

export function partitionCount(window: SampleWindow): number {
  return window.points.at(-1)?.partitions.length ?? 0;
}

function rate(
  points: readonly Point[],
  position: (point: Point) => number,
): { readonly count: number; readonly perSecond: number; readonly seconds: number } {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs)
    return { count: 0, perSecond: 0, seconds: 0 };
  const count = Math.max(0, position(last) - position(first));
  const seconds = (last.atMs - first.atMs) / 1000;
  return { count, perSecond: count / seconds, seconds };
}

/** The newest points that span at least `ms`, or all there are; from the second newest on at the least. */
function pointsSince(window: SampleWindow, ms: number): readonly Point[] {
  const newest = window.points.at(-1);
  if (newest === undefined) return [];
  const from = window.points.findLastIndex((p) => p.atMs <= newest.atMs - ms);
  return window.points.slice(Math.max(0, from));
}

/** All points of the rate window and one more; of older ones one in every `thinnedMs`, as far back as shares are taken from. */
function thinned(points: readonly Point[]): readonly Point[] {
  const nowMs = points.at(-1)?.atMs ?? 0;
  const from = Math.max(
    0,
    points.findLastIndex((p) => p.atMs <= nowMs - shareWindowMs),
  );
  const kept: Point[] = [];
  for (const [i, point] of points.entries()) {
    if (i < from) continue;
    const next = points[i + 1];
    const isRecent = next === undefined || next.atMs > nowMs - rateWindowMs;
    const last = kept.at(-1);
    if (isRecent || last === undefined || point.atMs - last.atMs >= thinnedMs) kept.push(point);
  }
  return kept;
}

const lagOf = (partitions: readonly PartitionSample[]): number => partitions.reduce((sum, p) => sum + p.lag, 0);
const endOf = (point: Point): number => point.partitions.reduce((sum, p) => sum + p.logEnd, 0);
