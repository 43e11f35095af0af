// What the invokers of one binding measured: what a call costs, records per call, the most that one of them moved. Pure.
import type { InvokerReport } from '#contract/invoker-report.ts';

/** Counters of one invoker pod at a moment. */
interface Counters {
  readonly podUid: string;
  readonly atMs: number;
  readonly recordsSettled: number;
  readonly callsDone: number;
  readonly busyMs: number;
}

/** Calls of about the same size: their mean size and duration. */
interface Sized {
  readonly records: number;
  readonly ms: number;
  readonly atMs: number;
}

export interface Service {
  /** Newest estimates, kept while the binding sleeps; null until a call ended. */
  readonly serviceTimeMs: number | null;
  readonly recordsPerCall: number | null;
  /** A call takes `callMs + recordMs × records`. */
  readonly cost: { readonly callMs: number; readonly recordMs: number } | null;
  /** The most records per second that one invoker was seen to move. */
  readonly moved: number | null;
  /** The most that one moved while there was more to move and the function had room: no more can be had of it. */
  readonly limit: number | null;
  /** By size class. */
  readonly sized: ReadonlyMap<number, Sized>;
  /** By ordinal: where the present measurement began. */
  readonly since: ReadonlyMap<number, Counters>;
}

export const unmeasured: Service = {
  serviceTimeMs: null,
  recordsPerCall: null,
  cost: null,
  moved: null,
  limit: null,
  sized: new Map(),
  since: new Map(),
};

/** A measurement spans at least this much, so that a single batch does not stand for a rate. */
export const measureMs = 5_000;
/** The first one is short: until then nothing is known of the function. */
export const firstMeasureMs = 1_000;
/** What was measured longer ago says nothing about the function of today. */
const forgetMs = 3_600_000;

export interface ReportSeen {
  readonly podUid: string;
  readonly atMs: number;
  readonly report: InvokerReport;
}

/** What there was to do while the invokers measured. */
export interface Pressure {
  /** There was lag throughout. */
  readonly loaded: boolean;
  /** Calls that the function's pods and the partitions with work allow at once, for each invoker. */
  readonly callsMax: number;
}

/** Above this share of the calls that could run at once it is the function that limits, not the invoker. */
const functionLimits = 0.7;

export function withReports(service: Service, reports: readonly ReportSeen[], pressure: Pressure): Service {
  const since = new Map(service.since);
  let [calls, busyMs, records, atMs] = [0, 0, 0, 0];
  let { moved, limit } = service;
  for (const seen of reports) {
    const now = countersOf(seen);
    const start = since.get(seen.report.ordinal);
    if (start === undefined || start.podUid !== now.podUid) {
      since.set(seen.report.ordinal, now);
      continue;
    }
    const elapsedMs = now.atMs - start.atMs;
    if (elapsedMs < (service.cost === null ? firstMeasureMs : measureMs)) continue;
    since.set(seen.report.ordinal, now);
    const settled = now.recordsSettled - start.recordsSettled;
    calls += now.callsDone - start.callsDone;
    busyMs += now.busyMs - start.busyMs;
    records += settled;
    atMs = Math.max(atMs, now.atMs);
    const perSecond = (settled * 1000) / elapsedMs;
    moved = Math.max(moved ?? 0, perSecond);
    const callsAtOnce = (now.busyMs - start.busyMs) / elapsedMs;
    const limits = pressure.loaded && settled > 0 && callsAtOnce < functionLimits * pressure.callsMax;
    if (limits) limit = Math.max(limit ?? 0, perSecond);
  }
  const ordinals = new Set(reports.map((r) => r.report.ordinal));
  for (const ordinal of since.keys()) if (!ordinals.has(ordinal)) since.delete(ordinal);
  return { ...measuredCalls(service, calls, records, busyMs, atMs), moved, limit, since };
}

/** The service with `calls` more calls in it, which took `busyMs` for `records`. */
export function measuredCalls(service: Service, calls: number, records: number, busyMs: number, atMs: number): Service {
  if (calls <= 0) return service;
  const newest: Sized = { records: records / calls, ms: busyMs / calls, atMs };
  const known = contradicts(service, newest) ? new Map<number, Sized>() : service.sized;
  const sized = new Map([...known].filter(([, s]) => s.atMs > atMs - forgetMs));
  if (newest.records > 0) sized.set(sizeClass(newest.records), merged(sized.get(sizeClass(newest.records)), newest));
  return {
    ...service,
    serviceTimeMs: newest.ms,
    recordsPerCall: newest.records > 0 ? newest.records : service.recordsPerCall,
    cost: lineThrough([...sized.values()]) ?? service.cost,
    sized,
  };
}

/** Two classes for each doubling. */
const sizeClass = (records: number): number => Math.floor(2 * Math.log2(records));

const merged = (before: Sized | undefined, { records, ms, atMs }: Sized): Sized =>
  before === undefined
    ? { records, ms, atMs }
    : { records: (before.records + records) / 2, ms: (before.ms + ms) / 2, atMs };

/**
 * The function is another one, or what it calls: old measurements would mislead. Told only of sizes that were met: what is not between
 * measured ones was guessed.
 */
function contradicts({ cost, sized }: Service, { records, ms }: Sized): boolean {
  const sizes = [...sized.keys()];
  const size = sizeClass(records);
  const isMet = sizes.some((s) => s <= size) && sizes.some((s) => s >= size);
  if (cost === null || records <= 0 || !isMet) return false;
  const expected = cost.callMs + cost.recordMs * records;
  return ms > 2 * expected || ms < expected / 2;
}

/**
 * The line that fits best, neither part negative. Sizes that hardly differ tell the two parts apart badly: as far as they do not, half of
 * the time is taken for the call's part (ridge, measurements taken to be 10 % off).
 */
function lineThrough(points: readonly Sized[]): Service['cost'] {
  if (points.length === 0) return null;
  const sum = (of: (p: Sized) => number): number => points.reduce((total, p) => total + of(p), 0);
  const [x, y] = [sum((p) => p.records), sum((p) => p.ms)];
  const [xx, xy] = [sum((p) => p.records ** 2), sum((p) => p.records * p.ms)];
  const n = points.length + ridge;
  const guessed = y + (ridge * y) / points.length / 2;
  const callMs = Math.max(0, (guessed * xx - x * xy) / (n * xx - x * x));
  const recordMs = Math.max(0, (xy - x * callMs) / xx);
  return recordMs > 0 ? { callMs, recordMs } : { callMs: y / points.length, recordMs: 0 };
}

const ridge = 0.1 ** 2;

const countersOf = ({ podUid, atMs, report }: ReportSeen): Counters => ({
  podUid,
  atMs,
  recordsSettled: report.recordsSettled,
  callsDone: report.callsDone,
  busyMs: report.busyMs,
});
