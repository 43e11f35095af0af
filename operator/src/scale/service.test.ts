// What a call costs, and what limits an invoker, from the invokers' counters.
import { describe, expect, it } from 'vitest';
import type { InvokerReport } from '#contract/invoker-report.ts';
import {
  firstMeasureMs,
  measuredCalls,
  measureMs,
  type Pressure,
  type ReportSeen,
  type Service,
  unmeasured,
  withReports,
} from './service.ts';

const seen = (atMs: number, counters: Partial<InvokerReport>, podUid = 'pod'): ReportSeen => ({
  podUid,
  atMs,
  report: {
    ordinal: 0,
    membership: 'member',
    ownedPartitions: [],
    recordsIn: 0,
    recordsSettled: 0,
    outputsWritten: 0,
    deadLettersWritten: 0,
    callsDone: 0,
    busyMs: 0,
    openCalls: 0,
    bufferedBytes: 0,
    waitingRetries: 0,
    functionAvailable: true,
    blocked: [],
    guardedPartitions: [],
    outOfRange: { count: 0, skipped: 0 },
    ...counters,
  },
});

const free = { loaded: true, callsMax: 100 };
const first = (counters: Partial<InvokerReport>): Service => withReports(unmeasured, [seen(0, counters)], free);

describe('service', () => {
  const before = first({ recordsSettled: 100, callsDone: 10, busyMs: 1000 });
  it('measures over a span, not from one report; the first one is short', () => {
    expect(before).toMatchObject({ serviceTimeMs: null, recordsPerCall: null, cost: null, moved: null });
    const then = { recordsSettled: 1100, callsDone: 20, busyMs: 3000 };
    expect(withReports(before, [seen(firstMeasureMs - 1, then)], free).serviceTimeMs).toBeNull();
    const known = withReports(before, [seen(firstMeasureMs, then)], free);
    expect(known.serviceTimeMs).toBe(200);
    const later = { recordsSettled: 2000, callsDone: 21, busyMs: 9000 };
    expect(withReports(known, [seen(firstMeasureMs + measureMs - 1, later)], free).serviceTimeMs).toBe(200);
    expect(withReports(known, [seen(firstMeasureMs + measureMs, later)], free).serviceTimeMs).toBe(6000);
  });
  it('takes differences of the counters', () => {
    const then = { recordsSettled: 1100, callsDone: 20, busyMs: 3000 };
    expect(withReports(before, [seen(measureMs, then)], free)).toMatchObject({
      serviceTimeMs: 200,
      recordsPerCall: 100,
      moved: 200,
    });
  });
  it('begins anew with a new pod and keeps what was known', () => {
    const known = withReports(before, [seen(measureMs, { recordsSettled: 1100, callsDone: 20, busyMs: 3000 })], free);
    const other = seen(2 * measureMs, { recordsSettled: 5, callsDone: 1, busyMs: 9 }, 'other');
    const restarted = withReports(known, [other], free);
    expect(restarted).toMatchObject({ serviceTimeMs: 200, recordsPerCall: 100 });
    expect(withReports(restarted, [], free)).toMatchObject({ serviceTimeMs: 200, recordsPerCall: 100 });
  });
});

describe('what limits an invoker', () => {
  const moved = { recordsSettled: 50_000, callsDone: 500, busyMs: 2 * measureMs };
  const limit = (pressure: Pressure): number | null => withReports(first({}), [seen(measureMs, moved)], pressure).limit;
  it('the invoker, where calls could run that do not', () => expect(limit({ loaded: true, callsMax: 8 })).toBe(10_000));
  it('the function, where all calls run that can', () => expect(limit({ loaded: true, callsMax: 2 })).toBeNull());
  it('nothing, where there is no lag', () => expect(limit({ loaded: false, callsMax: 8 })).toBeNull());
});

describe('cost of a call', () => {
  /** Calls of 20 ms and 4 ms a record, by batches of these sizes one after the other. */
  const measured = (sizes: readonly number[], ms = (records: number): number => 20 + 4 * records): Service =>
    sizes.reduce((s, size, i) => measuredCalls(s, 10, 10 * size, 10 * ms(size), i * measureMs), unmeasured);
  it('is unknown before a call has ended', () => expect(measuredCalls(unmeasured, 0, 0, 0, 0)).toBe(unmeasured));
  it('of one size: half of it is taken for the call', () => {
    const { cost } = measured([10, 10, 10]);
    expect(cost?.callMs).toBeCloseTo(30, 0);
    expect((cost?.callMs ?? 0) + 10 * (cost?.recordMs ?? 0)).toBeCloseTo(60, 0);
  });
  it.each([[[1, 100]], [[2, 8, 30]], [[100, 1, 100, 1]]])('is found from sizes %j', (sizes) => {
    const { cost } = measured(sizes);
    expect(cost?.callMs).toBeGreaterThan(15);
    expect(cost?.callMs).toBeLessThan(25);
    expect(cost?.recordMs).toBeGreaterThan(3.5);
    expect(cost?.recordMs).toBeLessThan(4.5);
  });
  it('has no negative part', () => {
    expect(measured([10, 100], (n) => (n < 50 ? 30 : 900)).cost?.callMs).toBe(0);
    expect(measured([10, 100], (n) => (n < 50 ? 40 : 30)).cost?.recordMs).toBe(0);
  });
  it('of a function that became another one is measured anew', () => {
    const slower = measured([1, 10, 100, 1, 10], (n) => 20 + 4 * n);
    const now = measuredCalls(slower, 10, 1000, 10 * 2000, 10 * measureMs);
    expect(now.sized.size).toBe(1);
    expect((now.cost?.callMs ?? 0) + 100 * (now.cost?.recordMs ?? 0)).toBeCloseTo(2000, -2);
  });
  it('forgets sizes that were not seen for an hour', () => {
    const old = measured([1, 100]);
    expect(measuredCalls(old, 1, 100, 420, 3_600_000 + 2 * measureMs).sized.size).toBe(1);
  });
});
