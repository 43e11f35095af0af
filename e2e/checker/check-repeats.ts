/** What was done or written twice, and whether a fault explains it (D5). */
import type { Finding } from './anomalies.ts';
import { rewinds } from './check-calls.ts';
import type { Call, Facts, Fault, PartitionFacts } from './facts.ts';
import type { Fates } from './fates.ts';
import { faultBetween, type TakeOver, takeOversOf } from './take-overs.ts';

/** After its call the answer of a host that dies is still on its way. */
const answerMs = 1_000;
/** A producer tries for so long to write what a broker may have taken. */
const writeMs = 60_000;

export interface Repeats {
  readonly findings: readonly Finding[];
  /** Repeated calls of records that a fault explains. */
  readonly explained: number;
}

export function checkRepeats(facts: Facts, here: PartitionFacts, fates: Fates): Repeats {
  const takeOvers = takeOversOf(here);
  const goneBack = new Set(rewinds(here, takeOvers).map(({ call }) => call));
  const findings: Finding[] = [];
  let explained = 0;
  for (const [offset, acceptances] of fates.accepted) {
    // What ends as a dead letter is tried again until it does; how often is a question of its attempts.
    if (here.inputs.get(offset)?.fate === 'dead-letter') continue;
    for (const [index, { call }] of acceptances.entries()) {
      const before = acceptances[index - 1]?.call;
      // A call that went back repeats what it went back over: told once.
      if (before === undefined || goneBack.has(call)) continue;
      const why = unexplained(facts, before, call, takeOvers);
      if (why === null) explained += 1;
      else findings.push({ name: 'dup-call', partition: here.partition, offset, atMs: call.startMs, detail: why });
    }
  }
  findings.push(...checkWrites(facts, here, fates, takeOvers));
  return { findings, explained };
}

/** Null: a fault explains it. */
function unexplained(facts: Facts, before: Call, call: Call, takeOvers: readonly TakeOver[]): string | null {
  const { rules, faults, endedMs, clock } = facts;
  const agoMs = Math.round(call.startMs - before.endMs);
  if (call.epoch === before.epoch) {
    const died = endedMs.get(before.pid);
    if (died !== undefined && died - before.endMs < answerMs) return null;
    if (before.endMs >= clock.monotonicMs(before.deadlineUnixMs) - 100) return null;
    const host = faults.find((fault) => fault.what.startsWith('host') && isNear(fault, before.endMs, answerMs));
    return host === undefined ? `done ${agoMs} ms before by the same owner` : null;
  }
  const fault = faultBetween(before.epoch, call.epoch, takeOvers, faults);
  if (fault === null) return `done ${agoMs} ms before by the owner of epoch ${before.epoch}, which no fault ended`;
  const longMs = fault.fromMs - before.endMs;
  if (longMs <= rules.commitIntervalMs + rules.commitSlackMs) return null;
  return `done ${Math.round(longMs)} ms before ${fault.what}: it should have been committed`;
}

const isNear = ({ fromMs, untilMs }: Fault, atMs: number, marginMs: number): boolean =>
  atMs >= fromMs - marginMs && (!Number.isFinite(untilMs) ? atMs <= fromMs + marginMs : atMs <= untilMs + marginMs);

function checkWrites(
  { faults }: Facts,
  { partition, outputs, letters }: PartitionFacts,
  { done }: Fates,
  takeOvers: readonly TakeOver[],
): Finding[] {
  const findings: Finding[] = [];
  const brokerFaults = faults.filter(({ what }) => what.startsWith('broker'));
  const excuses = (atMs: number | null): boolean =>
    brokerFaults.some((fault) => atMs === null || isNear(fault, atMs, writeMs));
  const check = (offset: number, atMs: number | null, copies: number, most: number, what: string): void => {
    if (copies <= most || excuses(atMs)) return;
    findings.push({
      name: 'dup-output',
      partition,
      offset,
      atMs,
      detail: `${what} ${copies} times, at most ${most} is explained`,
    });
  };
  for (const copies of Map.groupBy(outputs, ({ record: r }) => `${r.originOffset}/${r.index}`).values()) {
    const { record, atMs } = copies.at(-1)!;
    check(
      record.originOffset,
      atMs,
      copies.length,
      Math.max(1, done.get(record.originOffset) ?? 0),
      `output ${record.index}`,
    );
  }
  const unclean = takeOvers.filter((takeOver) => takeOver.unclean).length;
  for (const copies of Map.groupBy(letters, ({ record }) => record.originOffset).values()) {
    const { record, atMs } = copies.at(-1)!;
    check(record.originOffset, atMs, copies.length, 1 + unclean, 'the dead letter');
  }
  return findings;
}
