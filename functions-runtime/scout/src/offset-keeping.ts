// Commits for groups that have no members: past what nobody can see, and again before the broker forgets them. One at a time for each group.
import { decodeCommitMetadata } from '#contract/commit-metadata.ts';
import type { ScoutBinding } from '#contract/scout.ts';
import type { CommittedOffset, KafkaCluster, KafkaFailure, OffsetToCommit } from '#kafka/ports.ts';

export interface OffsetKeeperOptions {
  readonly clusterOf: (binding: ScoutBinding) => KafkaCluster;
  /** Offsets of quiet groups are committed anew after so long. */
  readonly everyMs: number;
  readonly onFailure: (failure: KafkaFailure) => void;
  readonly now: () => number;
}

export interface KeptBinding {
  readonly binding: ScoutBinding;
  readonly partitions: readonly { readonly partition: number }[];
}

export interface OffsetKeeper {
  /** Commits anew for those of the quiet bindings whose time has come; a thousand groups do not come at once. */
  keep(quiet: readonly KeptBinding[]): void;
  /**
   * Commits `to` where `from` is committed and nothing visible lies between them. False: `from` is not committed any more, the partition's
   * memory holds records that an owner must look at, or the group has members, who do it themselves.
   */
  pass(binding: ScoutBinding, partition: number, from: number, to: number): Promise<boolean>;
  keepOnly(uids: ReadonlySet<string>): void;
}

/** Commits that are begun at a time. */
const keptAtOnce = 10;
/** A scout that is often restarted must keep offsets too: first so soon, and so soon again after a failure. */
const soonMs = 60_000;

export function createOffsetKeeper({ clusterOf, everyMs, onFailure, now }: OffsetKeeperOptions): OffsetKeeper {
  const dueMs = new Map<string, number>();
  /** The newest work on each group: two writers could undo each other. */
  const busy = new Map<string, Promise<unknown>>();
  const soon = (): number => now() + Math.min(everyMs, soonMs);

  function inTurn<T>(uid: string, work: () => Promise<T>): Promise<T> {
    const before = busy.get(uid) ?? Promise.resolve();
    const turn = before.then(work, work);
    busy.set(uid, turn);
    const done = (): void => {
      if (busy.get(uid) === turn) busy.delete(uid);
    };
    turn.then(done, done);
    return turn;
  }

  /** Reads what is committed and commits what `change` makes of it; null: nothing to commit. True: the broker took it. */
  async function commit(
    binding: ScoutBinding,
    partitions: readonly number[],
    change: (rows: readonly CommittedOffset[]) => readonly OffsetToCommit[] | null,
  ): Promise<boolean> {
    const { consumerGroup, topic } = binding;
    const cluster = clusterOf(binding);
    const found = await cluster.fetchOffsets(consumerGroup, topic, partitions);
    if (found.kind === 'failed') {
      onFailure(found);
      return false;
    }
    const offsets = change(found.value);
    if (offsets === null) return false;
    // The broker refuses an administrator while the group has a member.
    const done = await cluster.commitOffsets(consumerGroup, topic, offsets, { kind: 'administrator' });
    if (done.kind === 'failed' && done.code !== hasMembers) onFailure(done);
    return done.kind === 'ok';
  }

  return {
    keep(quiet) {
      for (const { binding } of quiet) if (!dueMs.has(binding.uid)) dueMs.set(binding.uid, soon());
      const due = quiet.filter(({ binding: { uid } }) => now() >= (dueMs.get(uid) ?? 0) && !busy.has(uid));
      for (const { binding, partitions } of due.slice(0, keptAtOnce)) {
        const numbers = partitions.map(({ partition }) => partition);
        dueMs.set(binding.uid, soon());
        void inTurn(binding.uid, () => commit(binding, numbers, unchanged)).then((isKept) => {
          if (isKept && dueMs.has(binding.uid)) dueMs.set(binding.uid, now() + everyMs);
        });
      }
    },
    pass: (binding, partition, from, to) =>
      inTurn(binding.uid, () => commit(binding, [partition], ([row]) => passed(row, from, to))),
    keepOnly(uids) {
      for (const uid of dueMs.keys()) if (!uids.has(uid)) dueMs.delete(uid);
    },
  };
}

const hasMembers = 'UNKNOWN_MEMBER_ID';

/** Committed once more, so that it is young again: brokers drop the offsets of an empty group after `offsets.retention.minutes`. */
function unchanged(rows: readonly CommittedOffset[]): readonly OffsetToCommit[] | null {
  const offsets = rows.flatMap(({ partition, offset, metadata }) =>
    offset === null ? [] : [{ partition, offset, metadata }],
  );
  return offsets.length === 0 ? null : offsets;
}

function passed(row: CommittedOffset | undefined, from: number, to: number): readonly OffsetToCommit[] | null {
  if (row === undefined || row.offset !== from) return null;
  const memory = decodeCommitMetadata(row.metadata);
  if (memory !== null && (memory.attempts.length > 0 || memory.settledAbove.length > 0)) return null;
  return [{ ...row, offset: to }];
}
