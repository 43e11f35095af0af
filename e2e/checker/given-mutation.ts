/** Test support: what a mutation of a history is, and what mutations are made with. */
import type { AnomalyName } from './anomalies.ts';
import { type Call, type Facts, factsOf, type PartitionFacts } from './facts.ts';
import { type Fates, fatesOf } from './fates.ts';
import type { Chance } from './given-history.ts';
import type { Entry, EntryOf, Verdict } from './history.ts';

export interface Mutation {
  readonly name: AnomalyName;
  readonly what: string;
  /** Null: this history offers no place for it. */
  readonly mutate: (history: readonly Entry[], chance: Chance) => Entry[] | null;
}

interface Place {
  readonly history: readonly Entry[];
  readonly facts: Facts;
  readonly here: PartitionFacts;
  readonly fates: Fates;
  readonly pick: <T>(list: readonly T[]) => T | null;
}

/** `at` changes the history at one partition, chosen by chance. */
export function inPartition(at: (place: Place) => Entry[] | null): Mutation['mutate'] {
  return (history, chance) => {
    const facts = factsOf(history)!;
    const here = facts.partitions[chance.next(facts.partitions.length)]!;
    const pick = <T>(list: readonly T[]): T | null => list[chance.next(list.length || 1)] ?? null;
    return at({ history, facts, here, fates: fatesOf(here), pick });
  };
}

export const isAllOk = ({ verdicts, cut }: Call): boolean =>
  cut === null && verdicts!.every((verdict) => verdict === 'ok');
export const isOnce = ({ calledIn }: Fates, { offsets }: Call): boolean =>
  offsets.every((o) => calledIn.get(o)!.length === 1);
const idOf = ({ pid, call }: Pick<Call, 'pid' | 'call'>): string => `${pid}/${call}`;
export const without = (history: readonly Entry[], isGone: (entry: Entry) => boolean): Entry[] =>
  history.filter((entry) => !isGone(entry));
export const isOutputOf = (entry: Entry, { partition }: PartitionFacts, offset: number): entry is EntryOf<'output'> =>
  entry.kind === 'output' && entry.originPartition === partition && entry.originOffset === offset;

export function replaced<T extends Entry>(history: readonly Entry[], old: T, change: Partial<T>): Entry[] {
  return history.map((entry) => (entry === old ? { ...entry, ...change } : entry));
}
export const startOf = (history: readonly Entry[], call: Call): EntryOf<'started'> =>
  history.find((e): e is EntryOf<'started'> => e.kind === 'started' && idOf(e) === idOf(call))!;
export const endOf = (history: readonly Entry[], call: Call): EntryOf<'ended'> =>
  history.find((e): e is EntryOf<'ended'> => e.kind === 'ended' && idOf(e) === idOf(call))!;

let extraCalls = 1_000_000;
export function extraCall(
  like: Call,
  startMs: number,
  endMs: number,
  offsets: readonly number[],
  verdict: Verdict,
): Entry[] {
  const { pid, partition, epoch, attempt, deadlineUnixMs } = like;
  const call = extraCalls++;
  const verdicts = offsets.map(() => verdict);
  return [
    { kind: 'started', atMs: startMs, pid, call, partition, offsets, epoch, attempt, deadlineUnixMs },
    { kind: 'ended', atMs: endMs, pid, call, verdicts, cut: null },
  ];
}
export const removed = (history: readonly Entry[], call: Call): Entry[] =>
  without(history, (e) => (e.kind === 'started' || e.kind === 'ended') && idOf(e) === idOf(call));
/** Consecutive calls of one epoch, both without a failure. */
export function pairs({ calls }: PartitionFacts): [Call, Call][] {
  return calls.flatMap((call, index): [Call, Call][] => {
    const next = calls[index + 1];
    return next?.epoch === call.epoch && isAllOk(call) && isAllOk(next) ? [[call, next]] : [];
  });
}
