/** What a new owner makes of a partition's commit: where to start, with which epoch and memory, or why not to start. PURE. */
import { type CommitMetadata, decodeCommitMetadata } from '#contract/commit-metadata.ts';
import type { OnOffsetOutOfRange } from '#contract/invoker-contract.ts';

export interface Found {
  /** null: no commit. */
  readonly offset: number | null;
  readonly metadata: string;
  readonly topicId: string;
  /** Some other partition of the topic has a commit: then this one, without, is new. */
  readonly othersCommitted: boolean;
  /** In words: why the commit's offset means nothing, as a fetch has shown. Null: nothing is known against it. */
  readonly outOfRange: string | null;
  /** First offset of the log; null: not looked up yet. */
  readonly logStart: number | null;
  readonly policy: OnOffsetOutOfRange;
  /** Unix time. */
  readonly atMs: number;
}

export type TakeOver =
  | {
      readonly kind: 'start';
      readonly position: number;
      readonly epoch: number;
      readonly memory: CommitMetadata | null;
      readonly unclean: boolean;
      /** The commit was missing or belonged to another topic of that name (D11): to be counted and told. */
      readonly mishap: string | null;
    }
  /** The policy says to stop: nothing is read until somebody decides. */
  | { readonly kind: 'stop'; readonly offset: number; readonly reason: string }
  /** The answer depends on where the log starts. */
  | { readonly kind: 'needs-log-start' };

export function takeOver(found: Found): TakeOver {
  const memory = decodeCommitMetadata(found.metadata);
  const epoch = nextEpoch(memory, found.atMs);
  const mishap = mishapOf(found, memory);
  if (mishap !== null || found.offset === null) {
    return found.logStart === null ? { kind: 'needs-log-start' } : fromLogStart(found, found.logStart, epoch, mishap);
  }
  const unclean = memory !== null && !memory.released;
  return { kind: 'start', position: found.offset, epoch, memory, unclean, mishap: null };
}

function mishapOf(found: Found, memory: CommitMetadata | null): string | null {
  if (found.outOfRange !== null) return found.outOfRange;
  if (found.offset === null) return found.othersCommitted ? null : 'no partition has a commit any more';
  if (memory === null || memory.topicId === found.topicId) return null;
  return `the commit belongs to topic id ${memory.topicId}, which is gone`;
}

function fromLogStart(found: Found, position: number, epoch: number, mishap: string | null): TakeOver {
  if (mishap !== null && found.policy === 'Stop') {
    return { kind: 'stop', offset: found.offset ?? position, reason: `${mishap}; onOffsetOutOfRange is Stop` };
  }
  return { kind: 'start', position, epoch, memory: null, unclean: false, mishap };
}

/**
 * One above the last. Where no commit remembers it, the Unix time in seconds: hosts keep the highest epoch they saw, and a partition whose commit
 * got lost must not start below it.
 */
function nextEpoch(memory: CommitMetadata | null, atMs: number): number {
  return memory === null ? Math.floor(atMs / 1000) : memory.epoch + 1;
}
