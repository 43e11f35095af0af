/** Commits: the newest per partition, all partitions in one request an interval; one request at a time; refused ones are never sent again. */
import { type CommitMetadata, encodeCommitMetadata } from '#contract/commit-metadata.ts';
import type { KafkaCluster, KafkaFailure, Membership } from '#kafka/ports.ts';

export interface CommitRow {
  readonly partition: number;
  readonly epoch: number;
  readonly offset: number;
  readonly metadata: CommitMetadata;
}
export type CommitOutcome = 'ok' | 'refused' | 'failed';

export interface CommitsSettings {
  readonly group: string;
  readonly topic: string;
  readonly intervalMs: number;
}

export interface CommitsHandlers {
  membership(): Pick<Membership, 'memberId' | 'memberEpoch' | 'isCurrent'>;
  /** True while the partition is owned under this epoch (drain included): asked right before sending. */
  owns(partition: number, epoch: number): boolean;
  onCommitted(row: CommitRow, outcome: CommitOutcome): void;
  onFailure(failure: KafkaFailure): void;
}

/** A commit that crossed a heartbeat which raised the epoch: the new one is here within a beat. */
const staleTries = 20;
const stalePauseMs = 50;

export class Commits {
  readonly #cluster: Pick<KafkaCluster, 'commitOffsets'>;
  readonly #settings: CommitsSettings;
  readonly #handlers: CommitsHandlers;
  readonly #pending = new Map<number, CommitRow>();
  #timer: NodeJS.Timeout | undefined;
  #line: Promise<unknown> = Promise.resolve();

  constructor(cluster: Pick<KafkaCluster, 'commitOffsets'>, settings: CommitsSettings, handlers: CommitsHandlers) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#handlers = handlers;
  }

  /** To be committed with the next interval, in place of what waits for this partition. */
  offer(row: CommitRow): void {
    this.#pending.set(row.partition, row);
    this.#timer ??= setTimeout(() => void this.#flush(), this.#settings.intervalMs);
  }

  /** Commits these now, after what is on its way. What waits for their partitions is older and is dropped. */
  now(rows: readonly CommitRow[]): Promise<CommitOutcome> {
    for (const { partition } of rows) this.#pending.delete(partition);
    return this.#inLine(rows);
  }

  /** Ownership ended: nothing more is sent for it. */
  forget(partition: number): void {
    this.#pending.delete(partition);
  }

  async #flush(): Promise<void> {
    const rows = [...this.#pending.values()];
    this.#pending.clear();
    const outcome = await this.#inLine(rows);
    this.#timer = undefined;
    // What failed is offered again by the core, as it stands then.
    for (const row of rows) this.#handlers.onCommitted(row, outcome);
    if (this.#pending.size > 0) this.#timer ??= setTimeout(() => void this.#flush(), this.#settings.intervalMs);
  }

  #inLine(rows: readonly CommitRow[]): Promise<CommitOutcome> {
    const outcome = this.#line.then(() => this.#send(rows));
    this.#line = outcome;
    return outcome;
  }

  async #send(rows: readonly CommitRow[]): Promise<CommitOutcome> {
    const { group, topic } = this.#settings;
    for (let tries = 1; ; tries += 1) {
      const owned = rows.filter(({ partition, epoch }) => this.#handlers.owns(partition, epoch));
      if (owned.length === 0) return 'refused';
      const membership = this.#handlers.membership();
      if (!membership.isCurrent()) return 'failed';
      const offsets = owned.map(({ partition, offset, metadata }) => ({
        partition,
        offset,
        metadata: encodeCommitMetadata(metadata),
      }));
      const { memberId, memberEpoch } = membership;
      const outcome = await this.#cluster.commitOffsets(group, topic, offsets, {
        kind: 'member',
        memberId,
        memberEpoch,
      });
      if (outcome.kind === 'ok') return 'ok';
      if (outcome.code !== 'STALE_MEMBER_EPOCH' || tries === staleTries) {
        this.#handlers.onFailure(outcome);
        return outcome.retriable ? 'failed' : 'refused';
      }
      await new Promise((resolve) => setTimeout(resolve, stalePauseMs));
    }
  }
}
