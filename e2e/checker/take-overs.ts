/** Who took a partition over when, by the broker's record of commits, and which faults explain it. */
import type { Fault, PartitionFacts } from './facts.ts';

export interface TakeOver {
  readonly epoch: number;
  readonly atMs: number;
  readonly position: number;
  /** The owner before did not mark its last commit as released. */
  readonly unclean: boolean;
}

/** The first commit under each epoch; where epochs go back is for others to say. */
export function takeOversOf({ commits }: Pick<PartitionFacts, 'commits'>): TakeOver[] {
  const takeOvers: TakeOver[] = [];
  let before: { readonly epoch: number; readonly released: boolean } | null = null;
  for (const { epoch, released, atMs, offset } of commits) {
    if (epoch === null) continue;
    if (before === null || epoch > before.epoch) {
      takeOvers.push({ epoch, atMs, position: offset, unclean: before !== null && !before.released });
    }
    if (before === null || epoch >= before.epoch) before = { epoch, released };
  }
  return takeOvers;
}

/** The earliest fault that may have ended the ownership of `from` and brought that of `to`; null: none did. */
export function faultBetween(
  from: number,
  to: number,
  takeOvers: readonly TakeOver[],
  faults: readonly Fault[],
): Fault | null {
  const beganMs = takeOvers.find(({ epoch }) => epoch === from)?.atMs ?? Number.NEGATIVE_INFINITY;
  const endedMs = takeOvers.find(({ epoch }) => epoch >= to)?.atMs ?? Number.POSITIVE_INFINITY;
  const may = ({ clean, fromMs, untilMs }: Fault): boolean => {
    if (clean || fromMs > endedMs) return false;
    return fromMs >= beganMs || (Number.isFinite(untilMs) && untilMs >= beganMs);
  };
  return faults.find(may) ?? null;
}
