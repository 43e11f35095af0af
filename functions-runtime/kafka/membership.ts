/** Our membership in a KIP-848 group: heartbeats that wait for nobody, releases acknowledged after the drain, a session we end ourselves. */
import { randomUUID } from 'node:crypto';
import { Bell } from './bell.ts';
import type { WireCluster } from './cluster.ts';
import type { Connections } from './connections.ts';
import { failed, ok } from './failures.ts';
import { drainLimitMs, heartbeatTimeoutMs, nameStep, refusalStep } from './membership-decisions.ts';
import { type Holding, Ownership, type TopicPartitions } from './ownership.ts';
import { delayMs, type Patience, pause, toldAt, withPatience } from './patience.ts';
import type {
  KafkaFailure,
  KafkaOutcome,
  LossReason,
  Membership,
  MembershipHandlers,
  MembershipOptions,
} from './ports.ts';
import { ask, refusal, wire } from './wire.ts';

interface Beat {
  readonly memberId: string;
  /** 0 joins, -1 leaves for good, -2 leaves and will return. */
  readonly epoch: number;
  /** Only the changes are sent otherwise. */
  readonly everything?: boolean;
  readonly owned?: WirePartitions[];
}
type WirePartitions = ReturnType<Ownership['acknowledged']>[number];
interface BeatAnswer {
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  readonly assignment: readonly TopicPartitions[] | undefined;
}

const retry: Patience = { timeoutMs: Number.POSITIVE_INFINITY, firstDelayMs: 40, maxDelayMs: 2_000 };
const soonMs = 1_000;
const leavePatience: Patience = { timeoutMs: 5_000, firstDelayMs: 40, maxDelayMs: 500 };

export class WireMembership implements Membership {
  readonly #cluster: WireCluster;
  readonly #options: MembershipOptions;
  readonly #handlers: MembershipHandlers;
  readonly #connections: Connections;
  readonly #ownership = new Ownership();
  readonly #bell = new Bell();
  /** Ids of this process, the present one included; an unanswered join may have made any of them a member. */
  readonly #ourIds = new Set<string>();
  readonly #drains = new Set<Promise<void>>();
  readonly #running: Promise<void>;
  #memberId = randomUUID() as string;
  #memberEpoch = 0;
  #state: Membership['state'] = 'joining';
  #wasMember = false;
  #over = false;
  #leaving: Promise<void> | undefined;
  /** When the last confirmed heartbeat was sent: the broker's session began no earlier. */
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  #sessionAlarm: NodeJS.Timeout | undefined;
  #intervalMs: number;
  #sendOwned = true;
  #sendEverything = true;
  #failures = 0;
  #beatsSinceJoin = 0;
  #joinedAtMs = Number.NEGATIVE_INFINITY;
  /** The coordinator may count `#memberId` among the members. */
  #mayBeMember = false;

  constructor(cluster: WireCluster, options: MembershipOptions, handlers: MembershipHandlers) {
    this.#cluster = cluster;
    this.#options = options;
    this.#handlers = handlers;
    this.#intervalMs = options.heartbeatIntervalMs;
    const requestTimeoutMs = heartbeatTimeoutMs(options.sessionTimeoutMs);
    this.#connections = cluster.newConnections({
      requestTimeoutMs,
      connectTimeoutMs: requestTimeoutMs,
      maxInFlight: 1,
    });
    this.#running = this.#run();
  }

  get memberId(): string {
    return this.#memberId;
  }
  get memberEpoch(): number {
    return this.#memberEpoch;
  }
  get state(): Membership['state'] {
    return this.#state;
  }
  get owned(): ReadonlySet<number> {
    return this.#ownership.partitions;
  }

  isCurrent(): boolean {
    return this.#memberEpoch > 0 && performance.now() - this.#confirmedAtMs < this.#options.sessionTimeoutMs;
  }

  standDown(_why: string): void {
    if (this.#memberEpoch > 0) this.#lose('fenced');
  }

  leave(how: 'will-return' | 'for-good'): Promise<void> {
    this.#leaving ??= this.#leave(how);
    return this.#leaving;
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      const failure = this.#memberEpoch > 0 ? await this.#beat() : await this.#join();
      if (this.#over) break;
      if (failure) this.#tell(failure);
      else this.#failures = 0;
      await this.#bell.wait(this.#restMs(failure));
    }
  }

  #restMs(failure: KafkaFailure | undefined): number {
    if (failure) return Math.min(delayMs(this.#failures, retry, Math.random()), this.#intervalMs);
    if (this.#sendOwned && this.#memberEpoch > 0) return 0;
    // The answer to a join may leave the partitions out: they come with one of the next, soon.
    return Math.min(this.#intervalMs, retry.firstDelayMs * 2 ** Math.min(this.#beatsSinceJoin, 10));
  }

  /** Makes the static name ours, then joins under a new member id. */
  async #join(): Promise<KafkaFailure | undefined> {
    const { group, instanceId } = this.#options;
    // Thrown out right after a join: whatever the cause is, it must not become a storm.
    if (performance.now() - this.#joinedAtMs < soonMs) await pause(soonMs / 4);
    const described = await this.#cluster.describeGroupOnce(group, this.#connections);
    if (described.kind === 'failed') return described;
    const holder = described.value.members.find((member) => member.instanceId === instanceId);
    const step = nameStep(holder, this.#ourIds, this.#wasMember);
    if (step === 'replaced') {
      this.#replaced();
      return undefined;
    }
    if (holder && step === 'release') {
      const released = await this.#heartbeat({ memberId: holder.memberId, epoch: -2 });
      if (released.kind === 'failed' && refusalStep(released.code).step === 'again') return released;
    }
    if (this.#over) return undefined;
    this.#joinedAtMs = performance.now();
    this.#mayBeMember = true;
    this.#memberId = randomUUID();
    this.#ourIds.add(this.#memberId);
    const sentAtMs = performance.now();
    const answer = await this.#heartbeat({ memberId: this.#memberId, epoch: 0, everything: true, owned: [] });
    if (answer.kind === 'failed') return answer;
    this.#wasMember = true;
    this.#beatsSinceJoin = 0;
    if (this.#state === 'joining') this.#state = 'member';
    this.#sendEverything = false;
    this.#sendOwned = false;
    this.#confirm(sentAtMs, answer.value);
    return undefined;
  }

  async #beat(): Promise<KafkaFailure | undefined> {
    const memberId = this.#memberId;
    const withOwned = this.#sendOwned || this.#sendEverything;
    const beat: Beat = { memberId, epoch: this.#memberEpoch, everything: this.#sendEverything };
    this.#sendOwned = false;
    const sentAtMs = performance.now();
    const owned = withOwned ? { owned: this.#ownership.acknowledged() } : {};
    const answer = await this.#heartbeat({ ...beat, ...owned });
    // Lost while the beat was on its way: its answer is about a life that is over.
    if (memberId !== this.#memberId || this.#memberEpoch <= 0) return undefined;
    if (answer.kind === 'ok') {
      this.#sendEverything = false;
      this.#confirm(sentAtMs, answer.value);
      return undefined;
    }
    const next = refusalStep(answer.code);
    switch (next.step) {
      case 'rejoin':
        this.#lose(next.reason);
        return undefined;
      case 'replaced':
        this.#replaced();
        return undefined;
      case 'again':
        // What the broker has of ours is not known any more: tell it everything.
        this.#sendEverything = this.#sendOwned = true;
        return answer;
      default:
        return next satisfies never;
    }
  }

  #confirm(sentAtMs: number, answer: BeatAnswer): void {
    this.#confirmedAtMs = sentAtMs;
    this.#memberEpoch = answer.memberEpoch;
    this.#beatsSinceJoin += 1;
    this.#intervalMs = Math.min(this.#options.heartbeatIntervalMs, answer.heartbeatIntervalMs);
    if (sentAtMs + this.#options.sessionTimeoutMs <= performance.now()) {
      this.#lose('session-expired');
      return;
    }
    this.#setSessionAlarm();
    if (!answer.assignment || this.#state === 'leaving') return;
    const { gained, revoked } = this.#ownership.retarget(answer.assignment);
    for (const holding of revoked) this.#startDrain(holding);
    this.#gain(gained);
  }

  #gain(gained: readonly Holding[]): void {
    if (gained.length > 0) this.#sendOwned = true;
    for (const holding of gained) {
      // A handler may have given everything up meanwhile.
      if (this.#ownership.holds(holding)) this.#handlers.onGained(holding.partition);
    }
  }

  #startDrain(holding: Holding): void {
    const drain = this.#drain(holding);
    this.#drains.add(drain);
    void drain.finally(() => this.#drains.delete(drain));
  }

  /** Waits for the drain, no longer than the broker does, then leaves the partition out of the next heartbeat. */
  async #drain(holding: Holding): Promise<void> {
    const { rebalanceTimeoutMs } = this.#options;
    const late = new AbortController();
    const limit = pause(drainLimitMs(rebalanceTimeoutMs, this.#intervalMs), late.signal).then(() => 'late' as const);
    const drained = this.#handlers.onRevoked(holding.partition).then(() => 'drained' as const);
    const end = await Promise.race([drained, limit]);
    late.abort();
    const gained = this.#ownership.release(holding);
    if (gained === undefined) return;
    if (end === 'late') this.#handlers.onLost([holding.partition], 'session-expired');
    this.#sendOwned = true;
    if (this.#state !== 'leaving') this.#gain(gained);
    this.#bell.ring();
  }

  async #leave(how: 'will-return' | 'for-good'): Promise<void> {
    if (!this.#over) {
      this.#state = 'leaving';
      for (const holding of this.#ownership.all) {
        if (this.#ownership.startDrain(holding)) this.#startDrain(holding);
      }
      // Heartbeats go on meanwhile; each drain ends in bounded time.
      while (this.#drains.size > 0) await Promise.all(this.#drains);
      this.#over = true;
      this.#bell.ring();
    }
    await this.#running;
    if (this.#mayBeMember) await this.#sayGoodbye(how);
    this.#end();
  }

  async #sayGoodbye(how: 'will-return' | 'for-good'): Promise<void> {
    const epoch = how === 'for-good' ? -1 : -2;
    const goodbye = await withPatience(() => this.#heartbeat({ memberId: this.#memberId, epoch }), leavePatience);
    // Not a member any more is what we wanted.
    if (goodbye.kind === 'failed' && refusalStep(goodbye.code).step === 'again') this.#handlers.onError(goodbye);
  }

  /** Everything is lost, at once; unless we are leaving we join anew. */
  #lose(reason: LossReason): void {
    this.#memberEpoch = 0;
    this.#mayBeMember = false;
    this.#confirmedAtMs = Number.NEGATIVE_INFINITY;
    clearTimeout(this.#sessionAlarm);
    if (this.#state === 'leaving') this.#over = true;
    else this.#state = 'joining';
    const lost = this.#ownership.clear();
    if (lost.length > 0) this.#handlers.onLost(lost, reason);
    this.#bell.ring();
  }

  #replaced(): void {
    this.#over = true;
    this.#lose('replaced');
    this.#end();
    const { group, instanceId } = this.#options;
    const message = `another process took the member name ${instanceId} of group ${group} over: this one must end`;
    this.#handlers.onError(failed('FENCED_INSTANCE_ID', message, false));
  }

  #end(): void {
    this.#memberEpoch = 0;
    this.#state = 'left';
    clearTimeout(this.#sessionAlarm);
    void this.#cluster.release(this.#connections);
  }

  /** The broker ends our session without telling: so do we, at the same time or before. */
  #setSessionAlarm(): void {
    clearTimeout(this.#sessionAlarm);
    const leftMs = this.#confirmedAtMs + this.#options.sessionTimeoutMs - performance.now();
    this.#sessionAlarm = setTimeout(
      () => {
        // Timers may be a little early.
        if (this.isCurrent()) this.#setSessionAlarm();
        else this.#lose('session-expired');
      },
      Math.max(1, leftMs),
    );
  }

  #tell(failure: KafkaFailure): void {
    this.#failures += 1;
    if (toldAt(this.#failures, failure.retriable)) this.#handlers.onError(failure);
  }

  #heartbeat({ memberId, epoch, everything = false, owned }: Beat): Promise<KafkaOutcome<BeatAnswer>> {
    const { group, instanceId, topic, rebalanceTimeoutMs } = this.#options;
    const timeoutMs = everything ? rebalanceTimeoutMs : -1;
    const topics = everything ? [topic] : null;
    return this.#cluster.askCoordinatorOnce(
      group,
      this.#connections,
      (connection) =>
        ask(
          wire.heartbeat,
          connection,
          ...([group, memberId, epoch, instanceId, null, timeoutMs, topics, null, null, owned ?? null] as const),
        ),
      (answer): KafkaOutcome<BeatAnswer> => {
        const refused = refusal(answer.errorCode, `heartbeat of ${instanceId} in group ${group}`, answer.errorMessage);
        if (refused) return refused;
        const { memberEpoch, heartbeatIntervalMs, assignment } = answer;
        return ok({ memberEpoch, heartbeatIntervalMs, assignment: assignment?.topicPartitions });
      },
    );
  }
}
