/** A history put in order: calls with both ends, commits and appends on one clock, everything by partition. */
import { type Clock, clockOf } from './clock.ts';
import type { CallStarted, DeadLetter, Entry, EntryOf, InputRecord, OutputRecord, Rules, Verdict } from './history.ts';

export interface Call extends Omit<CallStarted, 'kind' | 'atMs'> {
  readonly startMs: number;
  /** Where no end was logged: the end of its process. */
  readonly endMs: number;
  /** null: it never ended. */
  readonly verdicts: readonly Verdict[] | null;
  readonly cut: string | null;
}
export interface Commit {
  readonly atMs: number;
  readonly offset: number;
  readonly epoch: number | null;
  readonly released: boolean;
}
export interface Appended<T> {
  readonly record: T;
  /** null: not known. */
  readonly atMs: number | null;
}
export interface Owner {
  readonly atMs: number;
  readonly pid: number;
  readonly epoch: number;
}
export interface Fault {
  readonly fromMs: number;
  /** Infinity: never healed, as a kill. */
  readonly untilMs: number;
  readonly what: string;
  readonly clean: boolean;
}

export interface PartitionFacts {
  readonly partition: number;
  readonly inputs: ReadonlyMap<number, InputRecord>;
  /** Offsets of visible records, ascending. */
  readonly visible: readonly number[];
  /** By start. */
  readonly calls: readonly Call[];
  /** In the broker's order. */
  readonly commits: readonly Commit[];
  /** Of its records, in the order of each output partition. */
  readonly outputs: readonly Appended<OutputRecord>[];
  readonly letters: readonly Appended<DeadLetter>[];
  readonly refused: readonly EntryOf<'refused'>[];
  readonly owners: readonly Owner[];
}

export interface Facts {
  readonly rules: Rules;
  readonly clock: Clock;
  readonly partitions: readonly PartitionFacts[];
  readonly faults: readonly Fault[];
  /** When an invoker's circuit was open. */
  readonly circuits: readonly { readonly fromMs: number; readonly untilMs: number }[];
  readonly status: readonly EntryOf<'status'>[];
  readonly memory: readonly EntryOf<'memory'>[];
  readonly sent: readonly EntryOf<'sent'>[];
  readonly names: ReadonlyMap<number, string>;
  readonly endedMs: ReadonlyMap<number, number>;
  readonly rest: EntryOf<'rest'> | null;
  /** Outputs and dead letters that name a partition which does not exist. */
  readonly strays: readonly (OutputRecord | DeadLetter)[];
  /** Calls without an end though their process lived on. */
  readonly unended: readonly Call[];
}

/** Null: the history has no rules, so nothing can be said. */
export function factsOf(history: readonly Entry[]): Facts | null {
  const by = Map.groupBy(history, ({ kind }) => kind);
  const all = <K extends Entry['kind']>(kind: K): EntryOf<K>[] => (by.get(kind) ?? []) as EntryOf<K>[];
  const [rules] = all('rules');
  if (rules === undefined) return null;
  const clock = clockOf(all('clock'));
  const processes = all('process');
  const endedMs = new Map(processes.filter(({ state }) => state === 'ended').map(({ pid, atMs }) => [pid, atMs]));
  const { calls, unended } = pairedCalls(all('started'), all('ended'), endedMs);
  const appended = <T extends { readonly appendedUnixMs: number | null }>(record: T): Appended<T> => ({
    record,
    atMs: record.appendedUnixMs === null ? null : clock.monotonicMs(record.appendedUnixMs),
  });
  const outputs = all('output').sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  const letters = all('dead-letter').sort((a, b) => a.offset - b.offset);
  const partitions = Array.from({ length: rules.partitions }, (_, partition): PartitionFacts => {
    const isHere = (entry: { readonly partition: number }): boolean => entry.partition === partition;
    const isFromHere = (entry: { readonly originPartition: number }): boolean => entry.originPartition === partition;
    const inputs = all('input').filter(isHere);
    return {
      partition,
      inputs: new Map(inputs.map((input) => [input.offset, input])),
      visible: inputs
        .filter(({ visible }) => visible)
        .map(({ offset }) => offset)
        .sort((a, b) => a - b),
      calls: calls.filter(isHere).sort((a, b) => a.startMs - b.startMs),
      commits: all('commit')
        .filter(isHere)
        .sort((a, b) => a.order - b.order)
        .map(({ unixMs, offset, epoch, released }) => ({ atMs: clock.monotonicMs(unixMs), offset, epoch, released })),
      outputs: outputs.filter(isFromHere).map(appended),
      letters: letters.filter(isFromHere).map(appended),
      refused: all('refused').filter(isHere),
      owners: all('owned')
        .filter(isHere)
        .map(({ unixMs, pid, epoch }) => ({ atMs: clock.monotonicMs(unixMs), pid, epoch }))
        .sort((a, b) => a.atMs - b.atMs),
    };
  });
  const isStray = ({ originPartition: p }: { readonly originPartition: number }): boolean => !(p in partitions);
  return {
    rules,
    clock,
    partitions,
    faults: faultsOf(all('fault'), all('healed')),
    circuits: circuitsOf(all('circuit'), clock, endedMs),
    status: all('status').sort((a, b) => a.atMs - b.atMs),
    memory: all('memory'),
    sent: all('sent'),
    names: new Map(processes.map(({ pid, name }) => [pid, name])),
    endedMs,
    rest: all('rest').at(-1) ?? null,
    strays: [...outputs.filter(isStray), ...letters.filter(isStray)],
    unended,
  };
}

function pairedCalls(
  started: readonly EntryOf<'started'>[],
  ended: readonly EntryOf<'ended'>[],
  endedMs: ReadonlyMap<number, number>,
): { readonly calls: Call[]; readonly unended: Call[] } {
  const ends = new Map(ended.map((end) => [`${end.pid}/${end.call}`, end]));
  const unended: Call[] = [];
  const calls = started.map(({ kind: _, atMs: startMs, ...start }): Call => {
    const end = ends.get(`${start.pid}/${start.call}`);
    if (end !== undefined) return { ...start, startMs, endMs: end.atMs, verdicts: end.verdicts, cut: end.cut };
    const deathMs = endedMs.get(start.pid);
    const call: Call = { ...start, startMs, endMs: deathMs ?? startMs, verdicts: null, cut: null };
    if (deathMs === undefined) unended.push(call);
    return call;
  });
  return { calls, unended };
}

function faultsOf(began: readonly EntryOf<'fault'>[], healed: readonly EntryOf<'healed'>[]): Fault[] {
  const until = new Map(healed.map(({ fault, atMs }) => [fault, atMs]));
  return began
    .map(({ atMs, fault, what, clean }) => ({
      fromMs: atMs,
      untilMs: until.get(fault) ?? Number.POSITIVE_INFINITY,
      what,
      clean,
    }))
    .sort((a, b) => a.fromMs - b.fromMs);
}

function circuitsOf(changes: readonly EntryOf<'circuit'>[], clock: Clock, endedMs: ReadonlyMap<number, number>) {
  const circuits: { fromMs: number; untilMs: number }[] = [];
  for (const [pid, own] of Map.groupBy(changes, (change) => change.pid)) {
    let open: { fromMs: number; untilMs: number } | null = null;
    for (const { unixMs, state } of own.sort((a, b) => a.unixMs - b.unixMs)) {
      if (state === 'open' && open === null) {
        open = { fromMs: clock.monotonicMs(unixMs), untilMs: endedMs.get(pid) ?? Number.POSITIVE_INFINITY };
        circuits.push(open);
      } else if (state === 'closed' && open !== null) {
        open.untilMs = clock.monotonicMs(unixMs);
        open = null;
      }
    }
  }
  return circuits;
}
