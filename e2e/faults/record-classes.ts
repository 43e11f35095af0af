/** Kinds of records that a load may hold: what each asks of the function, and what must become of it. */
import type { Fate } from '../checker/history.ts';

export type RecordClass =
  | 'ok'
  | 'two'
  | 'none'
  | 'flaky'
  | 'poison'
  | 'throws'
  | 'reject'
  | 'slow'
  | 'hang'
  | 'late'
  | 'huge';

export interface Wanted {
  readonly class: RecordClass;
  /** `flaky`, `hang`, `late`: it goes wrong at so many first attempts. `huge`: outputs in its answer. */
  readonly times?: number;
  /** `slow`: how long it takes. `late`: how long after its deadline it ends. */
  readonly waitMs?: number;
}

/** What the function finds in `data`. */
export interface RecordValue extends Wanted {
  readonly seq: number;
  readonly text: string;
}

/** A call of more attempts than there are is a dead letter. */
export function expected(
  { class: kind, times = 0 }: Wanted,
  maxAttempts: number,
): { readonly fate: Fate; readonly outputs: number } {
  switch (kind) {
    case 'ok':
    case 'slow':
      return { fate: 'ack', outputs: 1 };
    case 'two':
      return { fate: 'ack', outputs: 2 };
    case 'none':
      return { fate: 'ack', outputs: 0 };
    case 'flaky':
    case 'hang':
    case 'late':
      return times < maxAttempts ? { fate: 'ack', outputs: 1 } : { fate: 'dead-letter', outputs: 0 };
    case 'poison':
    case 'throws':
    case 'reject':
    case 'huge':
      return { fate: 'dead-letter', outputs: 0 };
  }
}

/** One in `every` records, by its number; or the one with the number `at`. */
export type Share = Wanted & ({ readonly every: number } | { readonly at: number });

/** The first share that applies wins, so name the rare ones first; `ok`, `two` and `none` by turns otherwise. */
export function wantedOf(seq: number, shares: readonly Share[]): Wanted {
  const share = shares.find((each) => ('at' in each ? seq === each.at : seq % each.every === each.every - 1));
  return share ?? { class: seq % 10 === 3 ? 'two' : seq % 10 === 7 ? 'none' : 'ok' };
}
