// A bounded window of lag samples of one binding, and what can be read off it: work, arrival, progress, idle time. Pure.
import type { BindingSample, PartitionSample } from '#contract/scout.ts';

/** Samples kept: two minutes at one a second. */
export const windowSamplesMax = 120;
/** Rates are taken over this much of the newest past: long enough to smooth a batch, short enough to see a step at once. */
export const rateWindowMs = 10_000;

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
    points: [...window.points, point].slice(-windowSamplesMax),
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

/** Partitions, blocked ones left out, that had lag or arrivals within the rate window: no more calls than these can run at once. */
export function busyPartitions(window: SampleWindow, blocked: ReadonlySet<number>): number {
  const recent = recentPoints(window);
  const first = new Map(recent[0]?.partitions.map((p) => [p.partition, p.logEnd]));
  const busy = new Set<number>();
  for (const point of recent) {
    for (const p of point.partitions) {
      if (p.lag > 0 || p.logEnd > (first.get(p.partition) ?? p.logEnd)) busy.add(p.partition);
    }
  }
  return [...busy].filter((p) => !blocked.has(p)).length;
}

/** Records per second that arrived, over the rate window; 0 until two samples are there. */
export function arrivalPerSecond(window: SampleWindow): number {
  return ratePerSecond(window, endOf);
}

/** Records per second that were done (the committed position's progress), over the rate window. */
export function donePerSecond(window: SampleWindow): number {
  return ratePerSecond(window, (p) => p.partitions.reduce((sum, x) => sum + Math.max(x.committed ?? 0, x.logStart), 0));
}

export function partitionCount(window: SampleWindow): number {
  return window.points.at(-1)?.partitions.length ?? 0;
}

function ratePerSecond(window: SampleWindow, position: (point: Point) => number): number {
  const recent = recentPoints(window);
  const first = recent[0];
  const last = recent.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
  return Math.max(0, ((position(last) - position(first)) * 1000) / (last.atMs - first.atMs));
}

function recentPoints(window: SampleWindow): readonly Point[] {
  const newest = window.points.at(-1);
  return newest === undefined ? [] : window.points.filter((p) => p.atMs >= newest.atMs - rateWindowMs);
}

const lagOf = (partitions: readonly PartitionSample[]): number => partitions.reduce((sum, p) => sum + p.lag, 0);
const endOf = (point: Point): number => point.partitions.reduce((sum, p) => sum + p.logEnd, 0);
