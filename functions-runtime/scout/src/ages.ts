// How late a binding runs: when the oldest record that is not done came, as far as samples saw it come. Pure.
import type { PartitionSample } from '#contract/scout.ts';
import { positionOf } from './position.ts';

/** The end of a log at a moment. */
interface End {
  readonly atMs: number;
  readonly logEnd: number;
}

/** By partition, oldest first: moments at which the end had moved. */
export type Ends = ReadonlyMap<number, readonly End[]>;

/** Moments kept for each partition; of a longer past every second one goes, so that it is kept coarser, not shorter. */
const endsMax = 64;

/** The ends with a sample's in them; what is done already is forgotten. */
export function withEnds(ends: Ends, partitions: readonly PartitionSample[], atMs: number): Ends {
  return new Map(partitions.map((p) => [p.partition, noted(ends.get(p.partition) ?? [], p, atMs)]));
}

/** Age of the oldest record that is not done, ms; 0 without lag; null: it was there before the first sample. */
export function delayOf(ends: Ends, partitions: readonly PartitionSample[], nowMs: number): number | null {
  const ages = partitions.filter((p) => p.lag > 0).map((p) => ageOf(ends.get(p.partition) ?? [], p, nowMs));
  if (ages.includes(null)) return null;
  return Math.max(0, ...ages.map((age) => age ?? 0));
}

/** It came between the last moment at which the log ended at or before it, and the next: the earlier one counts. */
function ageOf(ends: readonly End[], sample: PartitionSample, nowMs: number): number | null {
  const before = ends.findLast(({ logEnd }) => logEnd <= positionOf(sample));
  return before === undefined ? null : nowMs - before.atMs;
}

function noted(ends: readonly End[], sample: PartitionSample, atMs: number): readonly End[] {
  const newest = ends.at(-1);
  // A log that became shorter is another one.
  const past = newest !== undefined && newest.logEnd > sample.logEnd ? [] : ends;
  const same = past.at(-1)?.logEnd === sample.logEnd;
  // While nothing comes the newest moment moves on: what comes next came after it.
  const all = [...(same ? past.slice(0, -1) : past), { atMs, logEnd: sample.logEnd }];
  const done = all.findLastIndex(({ logEnd }) => logEnd <= positionOf(sample));
  const kept = all.slice(Math.max(0, done));
  return kept.length <= endsMax ? kept : kept.filter((_, i) => i % 2 === 0 || i === kept.length - 1);
}
