/** The life of an owned partition: taken over (epoch raised, hosts told), worked on, drained and released, or lost. */
import type { InvokerContract } from '#contract/invoker-contract.ts';
import type { Fetcher, KafkaCluster, KafkaFailure, LossReason, MembershipHandlers } from '#kafka/ports.ts';
import type { CoreEffect, CoreEvent } from '../core/events.ts';
import type { Commits } from './commits.ts';
import type { FunctionPods } from './function-pods.ts';
import { type Taken, takeOverAll } from './take-over-all.ts';
import { Tenure } from './tenure.ts';

type Released = Extract<CoreEffect, { kind: 'released' }>;

export interface OwnershipParts {
  readonly contract: InvokerContract;
  readonly cluster: KafkaCluster;
  readonly fetcher: Pick<Fetcher, 'add' | 'remove'>;
  readonly commits: Commits;
  readonly pods: FunctionPods;
  feed(event: CoreEvent): void;
}

/** What the rest of the process wants to know. */
export interface OwnershipListener {
  onTaken(partition: number, taken: Taken): void;
  /** The last owner ended without a word: its partition's first call waits so long. */
  onGuarded(partition: number, waitMs: number): void;
  onGone(partition: number, how: 'released' | LossReason): void;
  /** D11: a position that the log does not hold, and how many records were thereby skipped. */
  onOutOfRange(partition: number, skipped: number, detail: string): void;
  onStopped(partition: number, offset: number, reason: string): void;
  onTrouble(what: string, failure: KafkaFailure): void;
}

/** Allowed between the clocks of two nodes. */
const clockSkewMs = 1_000;
const retryFirstMs = 100;
const retryMaxMs = 5_000;
/** The core says `released` at the deadline; more than this above it, the partition is given up as it is. */
const drainGraceMs = 1_000;

export class Ownership implements MembershipHandlers {
  readonly #parts: OwnershipParts;
  readonly #listener: OwnershipListener;
  readonly #tenures = new Map<number, Tenure>();
  #arriving: Tenure[] = [];

  constructor(parts: OwnershipParts, listener: OwnershipListener) {
    this.#parts = parts;
    this.#listener = listener;
  }

  /** Partitions that are worked on or drained. */
  get partitions(): number[] {
    return [...this.#tenures.values()].filter(({ epoch }) => epoch !== null).map(({ partition }) => partition);
  }

  /** Of these, where the first call still waits for one of the last owner. */
  get guarded(): number[] {
    return [...this.#tenures.values()].filter(({ state }) => state === 'guarded').map(({ partition }) => partition);
  }

  /** The epoch under which the partition is owned; null when it is not. */
  epochOf(partition: number): number | null {
    return this.#tenures.get(partition)?.epoch ?? null;
  }

  onGained(partition: number): void {
    this.#begin(new Tenure(partition, null));
  }

  async onRevoked(partition: number): Promise<void> {
    const tenure = this.#tenures.get(partition);
    if (tenure === undefined) return;
    tenure.leaving = true;
    // A take-over under way is finished, so that the commit it wrote can be marked as released.
    await tenure.taken;
    if (tenure.state === 'working') await this.#drain(tenure);
    this.#end(tenure, 'released');
  }

  onLost(partitions: readonly number[], reason: LossReason): void {
    for (const partition of partitions) {
      const tenure = this.#tenures.get(partition);
      if (tenure !== undefined) this.#end(tenure, reason);
    }
  }

  onError(failure: KafkaFailure): void {
    this.#listener.onTrouble('membership', failure);
  }

  /** The core's last word on a drained partition. */
  released(effect: Released): void {
    const tenure = this.#tenures.get(effect.partition);
    if (tenure?.epoch === effect.epoch) tenure.drained.resolve(effect);
  }

  /** A fetch found the position outside of the log (D11). */
  onOutOfRange(partition: number, position: number, logStart: number, logEnd: number): void {
    const tenure = this.#tenures.get(partition);
    if (tenure?.state !== 'working') return;
    const detail = `position ${position} is outside of the log (${logStart} to ${logEnd})`;
    if (this.#parts.contract.source.onOffsetOutOfRange === 'Stop') {
      this.#listener.onStopped(partition, position, `${detail}; onOffsetOutOfRange is Stop`);
      return;
    }
    if (position > logEnd) {
      this.#retake(tenure, detail);
      return;
    }
    this.#listener.onOutOfRange(partition, logStart - position, detail);
    // Records that are gone are a gap like any other: what was fetched before them is still worked on.
    const { feed, fetcher } = this.#parts;
    feed({ kind: 'arrived', atMs: Date.now(), partition, epoch: tenure.epoch!, records: [], nextPosition: logStart });
    fetcher.add(partition, logStart);
  }

  /** The topic was deleted and created again while we owned its partitions. */
  onTopicRecreated(): void {
    for (const tenure of [...this.#tenures.values()]) {
      if (tenure.state === 'working') this.#retake(tenure, null);
    }
  }

  /** Starts over from what the commit says, or from the log's start where `outOfRange` tells why the commit means nothing. */
  #retake(tenure: Tenure, outOfRange: string | null): void {
    this.#end(tenure, 'fenced');
    this.#begin(new Tenure(tenure.partition, outOfRange));
  }

  #begin(tenure: Tenure): void {
    this.#tenures.set(tenure.partition, tenure);
    this.#arriving.push(tenure);
    // Partitions gained together are taken over together: one request of each kind for all.
    if (this.#arriving.length === 1) setImmediate(() => void this.#takeOver());
  }

  async #takeOver(): Promise<void> {
    let open = this.#arriving;
    this.#arriving = [];
    for (let tries = 0; ; tries += 1) {
      // Whoever is to be given up again is tried once, to mark what an earlier owner left, and no more.
      for (const tenure of open)
        if (tenure.leaving && tries > 0 && tenure.state === 'taking') tenure.becomes('stopped');
      open = open.filter(({ state }) => state === 'taking');
      if (open.length === 0) break;
      const taken = await takeOverAll(open, this.#parts);
      if (taken.kind === 'ok') {
        for (const tenure of open) this.#settle(tenure, taken.value.get(tenure.partition)!);
        break;
      }
      this.#listener.onTrouble(`take-over of ${open.map(({ partition }) => partition).join(',')}`, taken);
      const waitMs = Math.min(retryMaxMs, retryFirstMs * 2 ** tries);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  #settle(tenure: Tenure, taken: Taken): void {
    if (tenure.state !== 'taking') return;
    const { partition } = tenure;
    this.#listener.onTaken(partition, taken);
    if (taken.kind === 'stop') {
      tenure.becomes('stopped');
      this.#listener.onStopped(partition, taken.offset, taken.reason);
      return;
    }
    if (taken.mishap !== null) this.#listener.onOutOfRange(partition, 0, taken.mishap);
    const { kind, timeoutMs } = this.#parts.contract.function;
    if (!taken.unclean || kind === 'Host') {
      this.#work(tenure, taken);
      return;
    }
    // A host aborts the call of an older epoch. A plain container cannot: what the last owner asked may go on until its time is up.
    const waitMs = timeoutMs + clockSkewMs;
    tenure.becomes('guarded');
    this.#listener.onGuarded(partition, waitMs);
    tenure.guard = setTimeout(() => this.#work(tenure, taken), waitMs);
  }

  #work(tenure: Tenure, taken: Extract<Taken, { kind: 'start' }>): void {
    const { partition } = tenure;
    const { epoch, position, memory, unclean, topicId } = taken;
    const { feed, fetcher } = this.#parts;
    tenure.becomes('working');
    feed({ kind: 'gained', atMs: Date.now(), partition, epoch, topicId, position, memory, unclean });
    if (!tenure.leaving) fetcher.add(partition, position);
  }

  async #drain(tenure: Tenure): Promise<void> {
    const { contract, fetcher, feed, commits } = this.#parts;
    const { partition } = tenure;
    tenure.becomes('draining');
    fetcher.remove(partition);
    const deadlineMs = Date.now() + contract.flow.drainTimeoutMs;
    const timer = setTimeout(() => tenure.drained.resolve(null), contract.flow.drainTimeoutMs + drainGraceMs);
    feed({ kind: 'draining', atMs: Date.now(), partition, deadlineMs });
    const last = await tenure.drained.promise;
    clearTimeout(timer);
    if (last !== null && tenure.state === 'draining') await commits.now([last]);
  }

  #end(tenure: Tenure, how: 'released' | LossReason): void {
    if (tenure.state === 'ended') return;
    const { partition } = tenure;
    const { fetcher, commits, pods, feed } = this.#parts;
    const wasKnown = tenure.state === 'working' || tenure.state === 'draining';
    clearTimeout(tenure.guard);
    tenure.becomes('ended');
    tenure.epoch = null;
    tenure.drained.resolve(null);
    this.#tenures.delete(partition);
    fetcher.remove(partition);
    commits.forget(partition);
    pods.forget(partition);
    if (wasKnown) feed({ kind: 'lost', atMs: Date.now(), partition });
    this.#listener.onGone(partition, how);
  }
}
