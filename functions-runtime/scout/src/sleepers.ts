// Which bindings are quiet, and from where they are watched: what a sample says of it, and what a record or a marker changes. Pure.
import type { BindingSample, PartitionSample, ScoutBinding } from '#contract/scout.ts';
import type { WatchedPartition } from '#kafka/ports.ts';
import { positionOf } from './position.ts';

/** A binding with nothing to do. */
export interface Sleeper {
  readonly binding: ScoutBinding;
  readonly topicId: string;
  readonly partitions: readonly PartitionSample[];
  /** Unix ms. */
  readonly sinceMs: number;
}

/** Nothing owed and nothing come for so long: it is watched. */
export const quietMs = 3_000;

/** What a sample makes of a sleeper; null: it is awake. */
export function afterSample(known: Sleeper | null, binding: ScoutBinding, sample: BindingSample): Sleeper | null {
  const { outcome, atMs } = sample;
  if (outcome.kind === 'failed' || !outcome.positioned || outcome.partitions.some((p) => p.lag > 0)) return null;
  const same =
    known !== null &&
    isSameGroup(known.binding, binding) &&
    known.topicId === outcome.topicId &&
    endsOf(known.partitions) === endsOf(outcome.partitions);
  return { binding, topicId: outcome.topicId, partitions: outcome.partitions, sinceMs: same ? known.sinceMs : atMs };
}

/** A new document says the same again of those that it does not change: they sleep on. */
const isSameGroup = (a: ScoutBinding, b: ScoutBinding): boolean =>
  a.consumerGroup === b.consumerGroup && a.topic === b.topic && a.bootstrapServers.join() === b.bootstrapServers.join();

export const isQuiet = (sleeper: Sleeper, nowMs: number): boolean => nowMs - sleeper.sinceMs >= quietMs;

/** Null: it has no such partition. */
export function positionIn({ partitions }: Sleeper, partition: number): number | null {
  const found = partitions.find((p) => p.partition === partition);
  return found === undefined ? null : positionOf(found);
}

/** The lowest position of each partition, where several bindings wait for the same topic. */
export function watchedPositions(sleepers: readonly Sleeper[]): readonly WatchedPartition[] {
  const lowest = new Map<string, WatchedPartition>();
  for (const { binding, topicId, partitions } of sleepers) {
    for (const sample of partitions) {
      const key = `${binding.topic} ${sample.partition}`;
      const position = Math.min(positionOf(sample), lowest.get(key)?.position ?? Number.POSITIVE_INFINITY);
      lowest.set(key, { topic: binding.topic, topicId, partition: sample.partition, position });
    }
  }
  return [...lowest.values()];
}

/** The sample that a record at `offset` makes: at least so much is owed. Null: it lies before what this binding has done. */
export function wokenSample(sleeper: Sleeper, partition: number, offset: number, atMs: number): BindingSample | null {
  const { binding, topicId, partitions } = sleeper;
  const found = partitions.find((p) => p.partition === partition);
  if (found === undefined || positionOf(found) > offset) return null;
  const logEnd = Math.max(found.logEnd, offset + 1);
  const woken = { ...found, logEnd, lag: logEnd - positionOf(found) };
  const all = partitions.map((p) => (p.partition === partition ? woken : p));
  return {
    uid: binding.uid,
    atMs,
    outcome: { kind: 'sampled', topicId, positioned: true, partitions: all, delayMs: 0 },
  };
}

/** The sleeper with nothing visible below `position` of a partition, committed. */
export function passedTo(sleeper: Sleeper, partition: number, position: number): Sleeper {
  const partitions = sleeper.partitions.map((p) =>
    p.partition === partition ? { ...p, committed: position, logEnd: Math.max(p.logEnd, position) } : p,
  );
  return { ...sleeper, partitions };
}

const endsOf = (partitions: readonly PartitionSample[]): string =>
  partitions.map((p) => `${p.partition}:${p.logEnd}:${p.committed}`).join();
