// Service time, batch size and capacity from the invokers' counters.
import { describe, expect, it } from 'vitest';
import type { InvokerReport } from '#contract/invoker-report.ts';
import { measureMs, type ReportSeen, unmeasured, withReports } from './service.ts';

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
    outOfRange: { count: 0, skipped: 0 },
    ...counters,
  },
});

describe('service', () => {
  const before = withReports(unmeasured, [seen(0, { recordsSettled: 100, callsDone: 10, busyMs: 1000 })], true);
  it('measures over a span, not from one report', () => {
    expect(before).toMatchObject({ serviceTimeMs: null, recordsPerCall: null, invokerCapacity: null });
    expect(
      withReports(before, [seen(measureMs - 1, { recordsSettled: 900, callsDone: 20, busyMs: 2000 })], true)
        .serviceTimeMs,
    ).toBeNull();
  });
  it('takes differences of the counters', () => {
    const after = withReports(before, [seen(measureMs, { recordsSettled: 1100, callsDone: 20, busyMs: 3000 })], true);
    expect(after).toMatchObject({ serviceTimeMs: 200, recordsPerCall: 100, invokerCapacity: 200 });
  });
  it('does not take an unloaded rate for capacity', () => {
    expect(
      withReports(before, [seen(measureMs, { recordsSettled: 1100, callsDone: 20, busyMs: 3000 })], false)
        .invokerCapacity,
    ).toBeNull();
  });
  it('begins anew with a new pod and keeps what was known', () => {
    const known = withReports(before, [seen(measureMs, { recordsSettled: 1100, callsDone: 20, busyMs: 3000 })], true);
    const restarted = withReports(
      known,
      [seen(2 * measureMs, { recordsSettled: 5, callsDone: 1, busyMs: 9 }, 'other')],
      true,
    );
    expect(restarted).toMatchObject({ serviceTimeMs: 200, recordsPerCall: 100 });
    expect(withReports(restarted, [], true)).toMatchObject({ serviceTimeMs: 200, recordsPerCall: 100 });
  });
});
