/** The calls of one partition among each other: side by side, out of order, going back, by an owner of before, too many. */
import type { Finding } from './anomalies.ts';
import type { Call, Facts, PartitionFacts } from './facts.ts';
import { type Fates, rangeText } from './fates.ts';
import { type TakeOver, takeOversOf } from './take-overs.ts';

export function checkCalls(facts: Facts, here: PartitionFacts, fates: Fates): Finding[] {
  const takeOvers = takeOversOf(here);
  return [
    ...here.calls.flatMap((call) => checkInside(here, call)),
    ...checkOverlap(here),
    ...checkStale(facts, here),
    ...checkOrder(here, fates),
    ...rewinds(here, takeOvers).map(({ finding }) => finding),
    ...checkAttempts(facts, here, fates, takeOvers),
  ];
}

const nameOf = ({ offsets, epoch }: Call): string => `${rangeText(offsets)} under epoch ${epoch}`;

function checkInside({ partition, inputs, visible }: PartitionFacts, call: Call): Finding[] {
  const findings: Finding[] = [];
  const { offsets, startMs: atMs } = call;
  const told = { partition, atMs };
  const unseen = offsets.find((offset) => inputs.get(offset)?.visible !== true);
  if (unseen !== undefined) {
    findings.push({ ...told, name: 'aborted-read', offset: unseen, detail: `in the call of ${nameOf(call)}` });
  }
  const back = offsets.find((offset, place) => place > 0 && offset <= offsets[place - 1]!);
  if (back !== undefined) {
    findings.push({ ...told, name: 'int-nonmono', offset: back, detail: `the call has ${offsets.join(' ')}` });
  }
  const members = new Set(offsets);
  const [first, last] = [Math.min(...offsets), Math.max(...offsets)];
  for (let place = lowerBound(visible, first); place < visible.length && visible[place]! <= last; place += 1) {
    const offset = visible[place]!;
    if (members.has(offset)) continue;
    findings.push({ ...told, name: 'int-skip', offset, detail: `the call of ${nameOf(call)} leaves it out` });
    break;
  }
  return findings;
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checkOverlap({ partition, calls }: PartitionFacts): Finding[] {
  const findings: Finding[] = [];
  let running: Call | null = null;
  for (const call of calls) {
    if (running !== null && call.startMs < running.endMs) {
      const detail = `${nameOf(call)} began ${Math.round(running.endMs - call.startMs)} ms before ${nameOf(running)} ended`;
      findings.push({ name: 'overlap', partition, offset: call.offsets[0] ?? null, atMs: call.startMs, detail });
    }
    if (running === null || call.endMs > running.endMs) running = call;
  }
  return findings;
}

function checkStale({ rules, names }: Facts, { partition, calls, refused, owners }: PartitionFacts): Finding[] {
  const findings: Finding[] = [];
  let newest = 0;
  const firstMs = new Map<number, number>();
  for (const { epoch, startMs, offsets } of calls) {
    if (epoch < newest) {
      const detail = `epoch ${epoch} after ${newest}`;
      findings.push({ name: 'stale-call', partition, offset: offsets[0] ?? null, atMs: startMs, detail });
    }
    newest = Math.max(newest, epoch);
    if (!firstMs.has(epoch)) firstMs.set(epoch, startMs);
  }
  // A host stops them. But an owner that sends them long after has not noticed that it is none any more.
  for (const { refusal, epoch, atMs } of refused) {
    if (refusal !== 'stale') continue;
    const sinceMs = Math.min(...[...firstMs].filter(([newer]) => newer > epoch).map(([, ms]) => ms));
    if (atMs - sinceMs <= rules.staleGraceMs || !Number.isFinite(sinceMs)) continue;
    const detail = `refused: epoch ${epoch} still called ${Math.round(atMs - sinceMs)} ms after a newer one`;
    findings.push({ name: 'stale-call', partition, offset: null, atMs, detail });
  }
  for (const [index, { epoch, pid, atMs }] of owners.entries()) {
    const before = owners[index - 1];
    if (before === undefined || epoch > before.epoch) continue;
    const detail = `${names.get(pid) ?? pid} took it over with epoch ${epoch}, not above ${before.epoch}`;
    findings.push({ name: 'stale-call', partition, offset: null, atMs, detail });
  }
  return findings;
}

function checkOrder({ partition, visible, outputs }: PartitionFacts, { accepted }: Fates): Finding[] {
  const findings: Finding[] = [];
  let latest: { readonly offset: number; readonly order: number } | null = null;
  for (const offset of visible) {
    const first = accepted.get(offset)?.[0];
    if (first === undefined) continue;
    if (latest !== null && first.order < latest.order) {
      const detail = `done before ${latest.offset}`;
      findings.push({ name: 'reorder', partition, offset, atMs: first.call.endMs, detail });
    } else latest = { offset, order: first.order };
  }
  // Outputs: what was there first, in each output partition.
  const seen = new Set<string>();
  const behind = new Map<number, { readonly offset: number; readonly index: number }>();
  for (const { record, atMs } of outputs) {
    const key = `${record.originOffset}/${record.index}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const last = behind.get(record.partition);
    const { originOffset: offset, index } = record;
    if (last !== undefined && (offset < last.offset || (offset === last.offset && index < last.index))) {
      const detail = `its output ${index} stands behind an output of ${last.offset} in output partition ${record.partition}`;
      findings.push({ name: 'reorder', partition, offset, atMs, detail });
    } else behind.set(record.partition, { offset, index });
  }
  return findings;
}

export interface Rewind {
  readonly call: Call;
  readonly finding: Finding;
}

/** Within an epoch calls never begin before the last one began; a new owner never begins before what was committed. */
export function rewinds({ partition, calls }: PartitionFacts, takeOvers: readonly TakeOver[]): Rewind[] {
  const found: Rewind[] = [];
  for (const [index, call] of calls.entries()) {
    const before = calls[index - 1];
    const first = Math.min(...call.offsets);
    const takeOver = takeOvers.find(({ epoch }) => epoch === call.epoch);
    const isBack =
      before?.epoch === call.epoch
        ? first < Math.min(...before.offsets)
        : takeOver !== undefined && first < takeOver.position;
    if (!isBack) continue;
    const from =
      before?.epoch === call.epoch ? `behind ${nameOf(before)}` : `below the committed ${takeOver?.position}`;
    const finding = { name: 'rewind', partition, offset: first, atMs: call.startMs, detail: `${nameOf(call)} ${from}` };
    found.push({ call, finding: finding as Finding });
  }
  return found;
}

/** Ends of which the function is not the cause. */
const excused = new Set(['stopping', 'superseded']);

function checkAttempts(
  { rules, circuits }: Facts,
  { partition }: PartitionFacts,
  { calledIn }: Fates,
  takeOvers: readonly TakeOver[],
): Finding[] {
  const findings: Finding[] = [];
  // With one attempt a record of a failed batch is called once more, alone.
  const most = Math.max(rules.maxAttempts, 2) + takeOvers.filter(({ unclean }) => unclean).length;
  for (const [offset, calls] of calledIn) {
    const failed = calls.filter(({ offsets, verdicts, cut, startMs, endMs }) => {
      if (cut !== null && excused.has(cut)) return false;
      const verdict = verdicts?.[offsets.indexOf(offset)];
      if (cut === null && verdict !== undefined && verdict !== 'retry') return false;
      // While the circuit is open failures are the function's.
      return !circuits.some(({ fromMs, untilMs }) => endMs + 100 >= fromMs && startMs <= untilMs);
    });
    if (failed.length <= most) continue;
    const detail = `${failed.length} calls failed, ${most} may`;
    findings.push({ name: 'attempt-overflow', partition, offset, atMs: failed.at(-1)!.startMs, detail });
  }
  return findings;
}
