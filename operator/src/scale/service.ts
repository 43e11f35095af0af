// What the invokers of one binding measured: service time, records per call, the most one of them moved. Pure.
import type { InvokerReport } from '#contract/invoker-report.ts';

/** Counters of one invoker pod at a moment. */
interface Counters {
  readonly podUid: string;
  readonly atMs: number;
  readonly recordsSettled: number;
  readonly callsDone: number;
  readonly busyMs: number;
}

export interface Service {
  /** Newest estimates, kept while the binding sleeps; null until a call ended. */
  readonly serviceTimeMs: number | null;
  readonly recordsPerCall: number | null;
  readonly invokerCapacity: number | null;
  /** By ordinal: where the present measurement began. */
  readonly since: ReadonlyMap<number, Counters>;
}

export const unmeasured: Service = {
  serviceTimeMs: null,
  recordsPerCall: null,
  invokerCapacity: null,
  since: new Map(),
};

/** A measurement spans at least this much, so that a single batch does not stand for a rate. */
export const measureMs = 5_000;

export interface ReportSeen {
  readonly podUid: string;
  readonly atMs: number;
  readonly report: InvokerReport;
}

/** Estimates after `reports`. `loaded`: there was lag throughout, so the rate shows what an invoker can move. */
export function withReports(service: Service, reports: readonly ReportSeen[], loaded: boolean): Service {
  const since = new Map(service.since);
  let calls = 0;
  let busyMs = 0;
  let records = 0;
  let capacity = service.invokerCapacity;
  for (const seen of reports) {
    const now = countersOf(seen);
    const start = since.get(seen.report.ordinal);
    if (start === undefined || start.podUid !== now.podUid) {
      since.set(seen.report.ordinal, now);
      continue;
    }
    const elapsedMs = now.atMs - start.atMs;
    if (elapsedMs < measureMs) continue;
    since.set(seen.report.ordinal, now);
    const settled = now.recordsSettled - start.recordsSettled;
    calls += now.callsDone - start.callsDone;
    busyMs += now.busyMs - start.busyMs;
    records += settled;
    if (loaded && settled > 0) capacity = Math.max(capacity ?? 0, (settled * 1000) / elapsedMs);
  }
  const ordinals = new Set(reports.map((r) => r.report.ordinal));
  for (const ordinal of since.keys()) if (!ordinals.has(ordinal)) since.delete(ordinal);
  return {
    serviceTimeMs: calls > 0 ? busyMs / calls : service.serviceTimeMs,
    recordsPerCall: calls > 0 && records > 0 ? records / calls : service.recordsPerCall,
    invokerCapacity: capacity,
    since,
  };
}

const countersOf = ({ podUid, atMs, report }: ReportSeen): Counters => ({
  podUid,
  atMs,
  recordsSettled: report.recordsSettled,
  callsDone: report.callsDone,
  busyMs: report.busyMs,
});
