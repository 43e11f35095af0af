/** Reads the brokers' answers about offsets. PURE. */
import { failed, ok } from './failures.ts';
import { offsetNumber } from './offset-numbers.ts';
import type { CommittedOffset, KafkaFailure, KafkaOutcome } from './ports.ts';
import { refusal } from './wire.ts';

/** ListOffsets takes two moments as negative timestamps. */
export function timestampOf(at: 'earliest' | 'latest' | number): bigint {
  if (at === 'earliest') return -2n;
  return at === 'latest' ? -1n : BigInt(Math.trunc(at));
}

interface ListOffsetsAnswer {
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly errorCode: number;
      readonly offset: bigint;
    }[];
  }[];
}

/** Offsets of those of `partitions` that were answered; -1: nothing at or after the time asked for. */
export function readListedOffsets(
  answer: ListOffsetsAnswer,
  topic: string,
  partitions: readonly number[],
): { readonly offsets: ReadonlyMap<number, number>; readonly failure: KafkaFailure | undefined } {
  const offsets = new Map<number, number>();
  let failure: KafkaFailure | undefined;
  const rows = answer.topics.filter(({ name }) => name === topic).flatMap((found) => found.partitions);
  const asked = new Set(partitions);
  for (const { partitionIndex, errorCode, offset } of rows) {
    if (!asked.has(partitionIndex)) continue;
    const refused = refusal(errorCode, `offsets of ${topic}-${partitionIndex}`);
    if (refused) failure = refused;
    else offsets.set(partitionIndex, offsetNumber(offset));
  }
  return { offsets, failure };
}

interface OffsetFetchAnswer {
  readonly groups: readonly {
    readonly groupId: string;
    readonly errorCode: number;
    readonly topics: readonly {
      readonly name: string;
      readonly partitions: readonly {
        readonly partitionIndex: number;
        readonly committedOffset: bigint;
        readonly metadata?: string | null | undefined;
        readonly errorCode: number;
      }[];
    }[];
  }[];
}

/** One row per asked partition, in that order. */
export function readCommittedOffsets(
  answer: OffsetFetchAnswer,
  group: string,
  topic: string,
  partitions: readonly number[],
): KafkaOutcome<readonly CommittedOffset[]> {
  const mine = answer.groups.find(({ groupId }) => groupId === group);
  if (mine === undefined) return failed('UNREADABLE_ANSWER', `offsets of group ${group}: not in the answer`, false);
  const refused = refusal(mine.errorCode, `offsets of group ${group}`);
  if (refused) return refused;
  const rows = mine.topics.filter(({ name }) => name === topic).flatMap((found) => found.partitions);
  const byPartition = new Map(rows.map((row) => [row.partitionIndex, row]));
  const offsets: CommittedOffset[] = [];
  for (const partition of partitions) {
    const row = byPartition.get(partition);
    const rowRefused = row && refusal(row.errorCode, `offset of group ${group}, ${topic}-${partition}`);
    if (rowRefused) return rowRefused;
    const none = row === undefined || row.committedOffset < 0n;
    offsets.push({ partition, offset: none ? null : offsetNumber(row.committedOffset), metadata: row?.metadata ?? '' });
  }
  return ok(offsets);
}
