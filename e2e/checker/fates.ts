/** When the function accepted each record for good, how often, and which calls count. */
import type { Call, PartitionFacts } from './facts.ts';
import type { Verdict } from './history.ts';

export interface Acceptance {
  readonly call: Call;
  /** Place of the call among the calls of the partition, and of the record in the call. */
  readonly order: number;
  readonly place: number;
}

export interface Fates {
  /** Per offset, in the order of the calls. */
  readonly accepted: ReadonlyMap<number, readonly Acceptance[]>;
  /** Offsets that any call did, also where the answer was then of no interest. */
  readonly done: ReadonlyMap<number, number>;
  readonly calledIn: ReadonlyMap<number, readonly Call[]>;
}

/**
 * A record counts as accepted when its verdict was `ok` and every record before it in the same call was decided there. Behind one that is to be
 * retried the call counts as not made: those records are called again behind it, on purpose.
 */
export function fatesOf({ calls }: Pick<PartitionFacts, 'calls'>): Fates {
  const accepted = new Map<number, Acceptance[]>();
  const done = new Map<number, number>();
  const calledIn = new Map<number, Call[]>();
  for (const call of calls) for (const offset of call.offsets) add(calledIn, offset, call);
  for (const [order, call] of calls.entries()) {
    if (call.verdicts === null) continue;
    let counts = call.cut === null;
    for (const [place, offset] of call.offsets.entries()) {
      const verdict: Verdict = call.verdicts[place] ?? 'not-run';
      if (verdict === 'ok') {
        done.set(offset, (done.get(offset) ?? 0) + 1);
        if (counts) add(accepted, offset, { call, order, place });
      } else if (verdict !== 'reject' && calledIn.get(offset)!.at(-1) !== call) counts = false;
    }
  }
  return { accepted, done, calledIn };
}

function add<T>(to: Map<number, T[]>, offset: number, value: T): void {
  const list = to.get(offset);
  if (list === undefined) to.set(offset, [value]);
  else list.push(value);
}

/** `120-139`, `7`. */
export function rangeText(offsets: readonly number[]): string {
  const [first, last] = [offsets[0], offsets.at(-1)];
  return first === last ? `${first}` : `${first}-${last}`;
}
