/** A lane: everything the core knows of one owned partition. Under `Partition` order a lane has at most one open call. */
import type { BlockCause, BlockedPartition } from '#contract/invoker-report.ts';
import { AttemptMemory } from './attempts.ts';
import type { ArrivedRecord, CoreEffect, CoreEvent, OutgoingRecord } from './events.ts';
import { Ledger } from './ledger.ts';
import { Queue } from './queue.ts';
import type { CoreSettings } from './settings.ts';

/** What a room gets in one step: the time, the settings, where effects go, and numbers that were never used before. */
export interface Turn {
  readonly atMs: number;
  readonly settings: CoreSettings;
  readonly emit: (effect: CoreEffect) => void;
  readonly nextId: () => number;
}

export interface WaitingRecord {
  readonly record: ArrivedRecord;
  readonly arrivedAtMs: number;
}

export interface OpenCall {
  readonly callId: number;
  readonly records: readonly ArrivedRecord[];
  readonly begunMs: number;
  /** The one call that tries whether the function is well again, while the circuit is open. */
  readonly probe: boolean;
}

/** Why the lane makes no call before `untilMs`. `function-away` ends when the function has pods again, `function-busy` and `host` do not. */
export interface Wait {
  readonly why: 'retry' | 'function-away' | 'function-busy' | 'host';
  readonly untilMs: number;
}

/** What became of a record whose fate is decided. It is settled when `outgoing` is written (D3, D4). */
export interface Decided {
  readonly record: ArrivedRecord;
  readonly how: 'acked' | 'dead-lettered' | 'dropped';
  readonly outgoing: readonly OutgoingRecord[];
}

export interface OpenWrite {
  /** Of the last request; null while waiting for the next. */
  readonly writeId: number | null;
  readonly decided: readonly Decided[];
  readonly failures: number;
  readonly retryAtMs: number;
}

export interface CommitOffer {
  readonly offset: number;
  /** Of the memory of attempts. */
  readonly version: number;
}

export interface OpenCommits {
  /** Without an answer yet, oldest first. The shell sends only the newest that it has, so some are never answered. */
  offers: CommitOffer[];
  offered: CommitOffer;
  savedVersion: number;
  savedOffset: number;
  /** What is to be remembered comes near the metadata's limit: no more records until it is less. */
  memoryFull: boolean;
  failures: number;
  retryAtMs: number | null;
}

export interface Suspect {
  readonly offset: number;
  /** It was charged with earlier take-overs, so it is called alone. */
  readonly alone: boolean;
  /** Charged with this one. */
  readonly charged: boolean;
}

/** See caution.ts. */
export interface Leash {
  readonly length: number;
  /** Records that may still be called before the commit is saved. */
  readonly left: number;
}

export interface Lane {
  readonly partition: number;
  readonly epoch: number;
  readonly topicId: string;
  readonly ledger: Ledger;
  readonly attempts: AttemptMemory;
  readonly commits: OpenCommits;

  /** Arrived, without a decision; the records of the open call are the first of them. */
  readonly waiting: Queue<WaitingRecord>;
  /** Bytes of all records that are here and not settled. */
  bufferedBytes: number;
  paused: boolean;

  call: OpenCall | null;
  wait: Wait | null;
  /** Waits in a row that were no attempt. */
  waits: number;
  /** Unix time since when the function could not be asked; null: it can. */
  awaySinceMs: number | null;
  /** Most records of the next call: halved when a batch fails, doubled by success. */
  sizeLimit: number;
  /** Most bytes of a call that the host has not refused as too large. */
  bytesLimit: number;
  /** After an unclean take-over: how far it may run ahead of its saved commit; null: as far as it likes. */
  leash: Leash | null;
  /** The first record after an unclean take-over, until it has answered: it may have killed the last owner. Null: nobody is suspected. */
  suspect: Suspect | 'awaited' | null;
  /** The last probe that this lane made, and of which record. */
  probed: { readonly callId: number; readonly offset: number };

  /** Offset of the last record that was decided; -1: none. */
  decidedThrough: number;
  /** Decided and not yet in a write, in input order. */
  decided: Decided[];
  write: OpenWrite | null;

  readonly blocks: Map<BlockCause, BlockedPartition>;
  /** When an exhausted record that blocks is tried again; null: there is none, or it is not to be called any more. */
  retrialMs: number | null;
  /** Offsets of records that a person wishes to be skipped. */
  skips: readonly number[];
  /** Set: no new record, no new call, and released at this time at the latest. */
  drainDeadlineMs: number | null;
}

type Gained = Extract<CoreEvent, { kind: 'gained' }>;

export function openLane(event: Gained): Lane {
  const { partition, epoch, topicId, unclean } = event;
  // What was remembered of a topic that was deleted says nothing about the one that has its name now.
  const memory = event.memory?.topicId === topicId ? event.memory : null;
  return {
    partition,
    epoch,
    topicId,
    ledger: new Ledger(event.position, memory?.settledAbove ?? []),
    attempts: new AttemptMemory(memory?.attempts ?? []),
    commits: {
      offers: [],
      savedVersion: 0,
      savedOffset: event.position,
      memoryFull: false,
      offered: { offset: event.position, version: 0 },
      failures: 0,
      retryAtMs: null,
    },
    waiting: new Queue(),
    bufferedBytes: 0,
    paused: false,
    call: null,
    wait: null,
    waits: 0,
    awaySinceMs: null,
    sizeLimit: Number.POSITIVE_INFINITY,
    bytesLimit: Number.POSITIVE_INFINITY,
    leash: unclean ? { length: 1, left: 1 } : null,
    suspect: unclean ? 'awaited' : null,
    probed: { callId: 0, offset: -1 },
    decidedThrough: -1,
    decided: [],
    write: null,
    blocks: new Map(),
    retrialMs: null,
    skips: [],
    drainDeadlineMs: null,
  };
}

export function block(lane: Lane, cause: BlockCause, offset: number, reason: string, turn: Turn): void {
  const known = lane.blocks.get(cause);
  if (known?.offset === offset && known.reason === reason) return;
  const blocked: BlockedPartition = { partition: lane.partition, offset, cause, reason };
  lane.blocks.set(cause, blocked);
  turn.emit({ kind: 'blocked', blocked });
}

/** A record holds the lane that is not to be tried again now. */
export function isBlocked({ blocks, retrialMs }: Lane, atMs: number): boolean {
  return blocks.has('exhausted') && (retrialMs === null || atMs < retrialMs);
}

export function unblock(lane: Lane, cause: BlockCause, turn: Turn): void {
  if (!lane.blocks.delete(cause)) return;
  const [other] = lane.blocks.values();
  turn.emit(
    other === undefined ? { kind: 'unblocked', partition: lane.partition } : { kind: 'blocked', blocked: other },
  );
}
