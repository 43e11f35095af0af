/** The newest report of each invoker, by binding and ordinal; one that says something else enqueues its binding. */
import type { InvokerReport } from '#contract/invoker-report.ts';
import type { InvokerReportSeen } from '../plan/observed.ts';
import { bindingKey, type Key } from './keys.ts';

/** The binding that an invoker serves. */
export interface ReportingBinding {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

export interface ReportsSeen {
  /** By ordinal. Empty when nobody reports. */
  of(uid: string): ReadonlyMap<number, InvokerReportSeen>;
  put(binding: ReportingBinding, seen: InvokerReportSeen): void;
  /** Forgets ordinals that none of `podUids` stands for, and what is older than `oldestMs` (Unix ms). */
  prune(binding: ReportingBinding, podUids: ReadonlySet<string>, oldestMs: number): void;
  forget(uid: string): void;
}

const none: ReadonlyMap<number, InvokerReportSeen> = new Map();

export function createReportsSeen(enqueue: (key: Key) => void): ReportsSeen {
  const byBinding = new Map<string, Map<number, InvokerReportSeen>>();
  return {
    of: (uid) => byBinding.get(uid) ?? none,
    put({ uid, namespace, name }, seen) {
      let reports = byBinding.get(uid);
      if (reports === undefined) {
        reports = new Map();
        byBinding.set(uid, reports);
      }
      const before = reports.get(seen.report.ordinal);
      reports.set(seen.report.ordinal, seen);
      if (before === undefined || gist(before) !== gist(seen)) enqueue(bindingKey(namespace, name));
    },
    prune({ uid, namespace, name }, podUids, oldestMs) {
      const reports = byBinding.get(uid);
      if (reports === undefined) return;
      let isLess = false;
      for (const [ordinal, { podUid, atMs }] of reports) {
        if (podUids.has(podUid) && atMs >= oldestMs) continue;
        reports.delete(ordinal);
        isLess = true;
      }
      if (reports.size === 0) byBinding.delete(uid);
      if (isLess) enqueue(bindingKey(namespace, name));
    },
    forget: (uid) => void byBinding.delete(uid),
  };
}

/** What conditions, placements and safe scale-down depend on; counters move all the time. */
function gist({ podUid, report }: InvokerReportSeen): string {
  const { membership, ownedPartitions, functionAvailable, blocked, outOfRange, doubt, happened }: InvokerReport =
    report;
  // The reason of a doubt may be another one at each try.
  const doubted = doubt === undefined ? [] : [doubt.sinceMs, doubt.patientUntilMs, doubt.waiting];
  return JSON.stringify([
    podUid,
    membership,
    ownedPartitions,
    functionAvailable,
    blocked,
    outOfRange,
    doubted,
    happened,
  ]);
}
