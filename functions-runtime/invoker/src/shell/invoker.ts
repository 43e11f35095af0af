/** One invoker put together: the core, its shell, the group, the function's pods; started, reported on, ended. */
import type { InvokerContract, Wish } from '#contract/invoker-contract.ts';
import type { InvokerReport } from '#contract/invoker-report.ts';
import type { Fetcher, KafkaCluster, KafkaRoom, Membership, MembershipHandlers, Producer } from '#kafka/ports.ts';
import type { InvokerConfig } from '../config.ts';
import { type Core, createCore } from '../core/core.ts';
import { coreSettings } from '../core/settings.ts';
import { Arrival, compacted } from './arrivals.ts';
import { Attendance } from './attendance.ts';
import { callTokenOf } from './call-token.ts';
import { Calls } from './calls.ts';
import { Commits } from './commits.ts';
import { FunctionPods } from './function-pods.ts';
import { Intake } from './intake.ts';
import { type Logger, Notes } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { write } from './outputs.ts';
import { Ownership } from './ownership.ts';
import { type EffectHandlers, Shell } from './shell.ts';
import { Tally } from './tally.ts';

const fetchMaxBytes = 2 * 1024 * 1024;
const fetchPartitionMaxBytes = 512 * 1024;
const fetchMaxWaitMs = 250;
/** Records go to the core in portions of this part of the buffer. */
const portionsOfBuffer = 64;
/** Undecoded answers of paused partitions take up to this part of it: of the quarter that the core does not share out. */
const restsOfBuffer = 8;
/** The last commit and the acknowledgement, on top of the drain. */
const rebalanceMarginMs = 10_000;

export class Invoker {
  readonly metrics: Metrics;
  readonly attendance: Attendance;
  readonly pods: FunctionPods;
  readonly #config: InvokerConfig;
  readonly #contract: InvokerContract;
  readonly #log: Logger;
  readonly #notes: Notes;
  readonly #tally = new Tally();
  readonly #cluster: KafkaCluster;
  readonly #producer: Producer;
  readonly #fetcher: Fetcher;
  readonly #intake: Intake;
  readonly #core: Core;
  readonly #shell: Shell;
  readonly #calls: Calls;
  readonly #commits: Commits;
  readonly #ownership: Ownership;
  readonly #onReplaced: () => void;
  #wishes: readonly Wish[] = [];

  /** `onReplaced`: another process holds this pod's name now; this one must end. */
  constructor(config: InvokerConfig, room: KafkaRoom, log: Logger, onReplaced: () => void) {
    const { contract } = config;
    this.#config = config;
    this.#contract = contract;
    this.#log = log;
    this.#notes = new Notes(log);
    this.#onReplaced = onReplaced;
    this.metrics = createMetrics(contract, () => this.report());
    this.#cluster = room.connect(contract.kafka.bootstrapServers, config.podName);
    this.#producer = room.producer(this.#cluster);
    this.#core = createCore(coreSettings(contract, config.patienceMs, Math.random));
    this.#shell = new Shell(this.#core, this.#effects());
    this.pods = this.#createPods();
    this.#calls = this.#createCalls();
    this.#fetcher = this.#createFetcher(room);
    this.#intake = new Intake(this.#fetcher, Math.ceil(contract.flow.maxBufferedBytes / portionsOfBuffer));
    this.#commits = this.#createCommits();
    this.#ownership = this.#createOwnership();
    this.attendance = new Attendance(config.ordinal, {
      join: () => this.#join(room),
      onLeft: (how) => log.info({ how }, 'left the group'),
    });
  }

  /** Drains, commits, leaves the group, closes everything. */
  async end(): Promise<void> {
    await this.attendance.end();
    this.#shell.stop();
    await Promise.all([this.#fetcher.close(), this.#producer.close(), this.pods.close()]);
    await this.#cluster.close();
  }

  report(): InvokerReport {
    const tally = this.#tally;
    const { bufferedBytes, waitingRetries, functionAvailable, blocked, doubt } = this.#core.snapshot();
    return {
      ordinal: this.#config.ordinal,
      membership: this.attendance.state,
      ownedPartitions: this.#ownership.partitions.sort((a, b) => a - b),
      recordsIn: tally.recordsIn,
      recordsSettled: tally.recordsSettled,
      outputsWritten: tally.outputsWritten,
      deadLettersWritten: tally.deadLettersWritten,
      callsDone: tally.callsDone,
      busyMs: Math.round(tally.busyMs),
      openCalls: this.#calls.openCount,
      bufferedBytes,
      waitingRetries,
      functionAvailable,
      blocked: [...blocked, ...tally.stopped.values()],
      ...(doubt === null || doubt.waiting.length === 0 ? {} : { doubt }),
      guardedPartitions: this.#ownership.guarded,
      outOfRange: { count: tally.outOfRangeCount, skipped: tally.outOfRangeSkipped },
      happened: tally.happened,
    };
  }

  /** All that a person wishes for single records now. Who wished the same before is not tried again. */
  wish(wishes: readonly Wish[]): void {
    const before = this.#wishes;
    this.#wishes = wishes;
    const isNew = ({ what, partition, offset }: Wish): boolean =>
      !before.some((old) => old.what === what && old.partition === partition && old.offset === offset);
    for (const partition of new Set([...before, ...wishes].map((each) => each.partition)))
      this.#tellWishes(partition, wishes.filter(isNew));
  }

  #tellWishes(partition: number, retries: readonly Wish[]): void {
    const offsets = (list: readonly Wish[], what: Wish['what']): number[] =>
      list.filter((each) => each.what === what && each.partition === partition).map(({ offset }) => offset);
    const skip = offsets(this.#wishes, 'skip');
    this.#shell.feed({ kind: 'wished', atMs: Date.now(), partition, skip, retry: offsets(retries, 'retry') });
  }

  /** Ours under this epoch, and the group has confirmed it within the session. */
  #isOurs(partition: number, epoch: number): boolean {
    return this.#ownership.epochOf(partition) === epoch && this.attendance.membership?.isCurrent() === true;
  }

  #join(room: KafkaRoom): Membership {
    const { consumerGroup: group, topic } = this.#contract.source;
    this.#log.info({ group }, 'joins the group');
    const { drainTimeoutMs } = this.#contract.flow;
    const { podName: instanceId, sessionTimeoutMs, heartbeatIntervalMs } = this.#config;
    const rebalanceTimeoutMs = drainTimeoutMs + rebalanceMarginMs;
    const options = { group, topic, instanceId, rebalanceTimeoutMs, sessionTimeoutMs, heartbeatIntervalMs };
    const ownership = this.#ownership;
    const handlers: MembershipHandlers = {
      onGained: (partition) => ownership.onGained(partition),
      onRevoked: (partition) => ownership.onRevoked(partition),
      onLost: (partitions, reason) => ownership.onLost(partitions, reason),
      onError: (failure) => {
        ownership.onError(failure);
        if (failure.code === 'FENCED_INSTANCE_ID') this.#onReplaced();
      },
    };
    return room.join(this.#cluster, options, handlers);
  }

  #effects(): EffectHandlers {
    return {
      call: (effect) => this.#calls.start(effect),
      abandon: ({ callId }) => this.#calls.abandon(callId),
      write: (effect) => void this.#write(effect),
      commit: (effect) => this.#commits.offer(effect),
      pause: ({ partition }) => this.#intake.pause(partition),
      resume: ({ partition }) => this.#intake.resume(partition),
      released: (effect) => this.#ownership.released(effect),
      'stand-down': ({ partition }) => {
        this.#notes.of(partition).warn('a host has seen a newer owner: stops owning and joins anew');
        this.attendance.membership?.standDown(`a host has seen a newer owner of partition ${partition}`);
      },
      blocked: ({ blocked }) => {
        this.#notes.of(blocked.partition).error({ offset: blocked.offset, reason: blocked.reason }, 'blocked');
      },
      unblocked: ({ partition }) => {
        this.#notes.of(partition).info('no longer blocked');
      },
      noted: ({ note }) => {
        if (note.kind === 'settled') this.#tally.settled[note.how] += note.count;
        if (note.kind === 'skipped') this.#tally.skipped(note, Date.now());
        this.#notes.tell(note);
      },
    };
  }

  async #write(effect: Parameters<EffectHandlers['write']>[0]): Promise<void> {
    const { partition, epoch, writeId } = effect;
    const isOurs = (): boolean => this.#isOurs(partition, epoch);
    const written = isOurs()
      ? await write(effect, this.#contract, this.#producer, isOurs)
      : { outcome: unconfirmed, outputs: 0, deadLetters: 0 };
    this.#tally.outputsWritten += written.outputs;
    this.#tally.deadLettersWritten += written.deadLetters;
    const { outcome } = written;
    if (outcome.kind === 'failed') this.#notes.of(partition).warn(outcome, 'a write was not acknowledged');
    this.#shell.feed({ kind: 'written', atMs: Date.now(), partition, epoch, writeId, outcome });
  }

  #createPods(): FunctionPods {
    const { binding, function: target, flow } = this.#contract;
    return new FunctionPods(
      {
        concurrency: target.concurrency,
        maxResponseBytes: flow.maxResponseBytes,
        announces: target.kind === 'Host',
        binding: `${binding.namespace}/${binding.name}`,
        token: callTokenOf(this.#config.callTokenFile, () => performance.now()),
      },
      (appeared) => {
        if (appeared) this.#shell.feed({ kind: 'function-available', atMs: Date.now() });
        this.#calls.pump();
      },
    );
  }

  #createCalls(): Calls {
    return new Calls(this.#contract, this.pods, {
      mayCall: (partition, epoch) => this.#isOurs(partition, epoch),
      onAnswer: ({ partition, epoch, callId }, answer) => {
        this.#shell.feed({ kind: 'answered', atMs: Date.now(), partition, epoch, callId, answer });
      },
      onDone: (answer, busyMs) => {
        this.metrics.onCall(answer.kind, busyMs);
        if (answer.kind !== 'verdicts' && answer.kind !== 'rejected') return;
        this.#tally.callsDone += 1;
        this.#tally.busyMs += busyMs;
      },
    });
  }

  #createFetcher(room: KafkaRoom): Fetcher {
    const { topic, format } = this.#contract.source;
    const maxBytes = Math.min(fetchMaxBytes, this.#contract.flow.maxBufferedBytes);
    const partitionMaxBytes = Math.min(fetchPartitionMaxBytes, maxBytes);
    const restMaxBytes = Math.floor(this.#contract.flow.maxBufferedBytes / restsOfBuffer);
    return room.fetcher(
      this.#cluster,
      { topic, maxBytes, partitionMaxBytes, maxWaitMs: fetchMaxWaitMs, restMaxBytes },
      {
        onRecords: (partition, fetched, nextPosition) => {
          const epoch = this.#ownership.epochOf(partition);
          if (epoch === null) return;
          this.#tally.stopped.delete(partition);
          const origin = { topic, partition, format };
          const records = compacted(fetched).map((record) => new Arrival(record, origin));
          this.#intake.take(partition, records, nextPosition, {
            onPortion: (portion, next) => {
              this.#tally.recordsIn += portion.length;
              const atMs = Date.now();
              this.#shell.feed({ kind: 'arrived', atMs, partition, epoch, records: portion, nextPosition: next });
            },
          });
        },
        onOutOfRange: (...found) => this.#ownership.onOutOfRange(...found),
        onUnreadable: (partition, offset, { code, message }) => {
          const reason = `${code}: ${message}`;
          this.#tally.stopped.set(partition, { partition, offset, cause: 'unreadable', reason });
          this.#notes.of(partition).error({ offset, reason }, 'stopped');
        },
        onFailure: (failure) => {
          this.#log.warn({ code: failure.code, detail: failure.message }, 'a fetch failed');
          if (failure.code === 'TOPIC_RECREATED') this.#ownership.onTopicRecreated();
        },
      },
    );
  }

  #createCommits(): Commits {
    const { consumerGroup: group, topic } = this.#contract.source;
    return new Commits(
      this.#cluster,
      { group, topic, intervalMs: this.#config.commitIntervalMs },
      {
        membership: () => this.attendance.membership ?? nobody,
        owns: (partition, epoch) => this.#ownership.epochOf(partition) === epoch,
        onCommitted: ({ partition, epoch, offset }, outcome) => {
          this.#shell.feed({ kind: 'committed', atMs: Date.now(), partition, epoch, offset, outcome });
        },
        onFailure: (failure) => this.#log.warn({ code: failure.code, detail: failure.message }, 'a commit failed'),
      },
    );
  }

  #createOwnership(): Ownership {
    const parts = {
      contract: this.#contract,
      cluster: this.#cluster,
      fetcher: this.#fetcher,
      commits: this.#commits,
      pods: this.pods,
      feed: (event: Parameters<Shell['feed']>[0]) => {
        this.#shell.feed(event);
        if (event.kind === 'gained') this.#tellWishes(event.partition, []);
      },
    };
    const tally = this.#tally;
    const notes = this.#notes;
    return new Ownership(parts, {
      onTaken: (partition, taken) => {
        if (taken.kind !== 'start') return;
        const { epoch, position, unclean } = taken;
        notes.of(partition).info({ epoch, position, unclean }, 'owned');
      },
      onGuarded: (partition, waitMs) => {
        notes
          .of(partition)
          .warn({ waitMs }, 'the last owner ended without a word: its call may still run, so the first call waits');
      },
      onGone: (partition, how) => {
        this.#intake.forget(partition);
        tally.stopped.delete(partition);
        notes.of(partition).info({ how }, 'no longer owned');
      },
      onOutOfRange: (partition, skipped, detail) => {
        tally.outOfRange(partition, skipped, detail, Date.now());
        notes.of(partition).error({ skipped, detail }, 'the log does not hold the position: goes on at its start');
      },
      onStopped: (partition, offset, reason) => {
        tally.stopped.set(partition, { partition, offset, cause: 'out-of-range', reason });
        notes.of(partition).error({ offset, reason }, 'stopped');
      },
      onTrouble: (what, { code, message }) => this.#log.warn({ what, code, detail: message }, 'Kafka trouble'),
    });
  }
}

const unconfirmed = {
  kind: 'failed',
  reason: 'not-confirmed',
  detail: 'the ownership of the partition is not confirmed',
} as const;

const nobody = { memberId: '', memberEpoch: 0, isCurrent: () => false };
