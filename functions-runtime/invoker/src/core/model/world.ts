/** A world around one core: brokers, a function, faults, crashes and hand-overs, driven by choices; every effect is checked against the promises. */
import type { CallAnswer } from '#contract/answer.ts';
import { type Core, createCore } from '../core.ts';
import type { ArrivedRecord, CoreEffect, CoreEvent, CoreNote } from '../events.ts';
import type { CoreSettings } from '../settings.ts';
import {
  type Fate,
  hugeBytes,
  isDecided,
  isSettled,
  mayBeGivenUp,
  natures,
  noteVerdicts,
  offsetsOf,
  type Policy,
  promise,
} from './fates.ts';
import { answerOf, type Chance, failedBy, faultAnswer, outageAnswer } from './function.ts';
import { type PartitionLog, topicId } from './log.ts';
import { type Call, type Commit, fetchBytes, type Holding, told, type Write } from './terms.ts';

export class World {
  readonly settings: CoreSettings;
  readonly policy: Policy;
  readonly logs: readonly PartitionLog[];
  readonly held = new Map<number, Holding>();
  readonly calls = new Map<number, Call>();
  readonly writes = new Map<number, Write>();
  readonly commits = new Map<number, Commit>();
  core: Core;
  atMs = 1_000_000;
  alarmMs: number | null = null;
  healed = false;
  /** Every call fails. */
  outage = false;
  /** Commits are sent only when nothing else can happen, as with a long interval. */
  lazyCommits = false;
  callsMade = 0;
  fetches = 0;
  /** A host takes no call of more bytes. */
  hostMaxBytes = 800;
  crashes = 0;
  readonly #story: { readonly atMs: number; readonly what: CoreEvent | CoreEffect | 'crash' }[] = [];
  #circuitOpen = false;
  /** In the step under way a failure was not charged. */
  #spared = false;

  constructor(settings: CoreSettings, logs: readonly PartitionLog[]) {
    this.settings = settings;
    this.logs = logs;
    this.core = createCore(settings);
    const { maxAttempts, maxAgeMs } = settings.retry;
    this.policy = { maxAttempts, maxAgeMs, drops: settings.onExhausted === 'Drop' };
  }

  /** What happened last, events and effects, for whoever has to understand a failure. */
  tell(): string {
    return this.#story
      .slice(-400)
      .map(({ atMs, what }) => `${atMs} ${told(what)}`)
      .join('\n');
  }

  step(event: CoreEvent): void {
    this.#story.push({ atMs: this.atMs, what: event });
    this.#spared = false;
    for (const effect of this.core.step(event)) this.#run(effect);
    this.#checkBuffer();
  }

  settled(fate: Fate): boolean {
    return isSettled(fate, this.policy, this.#log(fate.partition).uncleanTakeOvers, this.atMs);
  }

  gain(partition: number): void {
    const { epoch, position, memory, unclean } = this.#log(partition).takeOver();
    this.held.set(partition, { epoch, fetched: position, paused: false, fetchUnderWay: false, drainDeadlineMs: null });
    this.step({ kind: 'gained', atMs: this.atMs, partition, epoch, topicId, position, memory, unclean });
  }

  fetch(partition: number, most: number): void {
    const holding = this.held.get(partition)!;
    holding.fetchUnderWay = false;
    this.fetches += 1;
    const { records, nextPosition } = this.#log(partition).read(holding.fetched, most);
    holding.fetched = nextPosition;
    this.step({ kind: 'arrived', atMs: this.atMs, partition, epoch: holding.epoch, records, nextPosition });
  }

  /** What can be fetched: something new, and not paused, or asked for before. */
  fetchable(partition: number): boolean {
    const holding = this.held.get(partition);
    if (holding?.drainDeadlineMs !== null) return false;
    return (!holding.paused || holding.fetchUnderWay) && holding.fetched < this.#log(partition).end;
  }

  answer(callId: number, fault: Chance | null): void {
    const call = this.calls.get(callId)!;
    const fates = this.#fatesOf(call);
    if (!this.healed && fates.some(({ nature }) => nature === 'killer')) {
      this.crash(null);
      return;
    }
    this.calls.delete(callId);
    const answer = this.outage
      ? outageAnswer
      : fault === null
        ? answerOf(fates, callId, this.healed, this.hostMaxBytes)
        : faultAnswer(fault);
    this.#noteAnswer(call, fates, answer);
    const failed = failedBy(answer, fates);
    for (const fate of failed) {
      fate.failures += 1;
      fate.firstFailureMs ??= this.atMs;
    }
    const { partition, epoch } = call;
    this.step({ kind: 'answered', atMs: this.atMs, partition, epoch, callId, answer });
    // While the circuit is open and patient failures are the function's, also the one that opened it. That patience ends is seen at rest (D8).
    if (this.#spared) for (const fate of failed) fate.failures -= 1;
  }

  finishWrite(writeId: number, outcome: 'ok' | 'failed', applied: number): void {
    const write = this.writes.get(writeId)!;
    this.writes.delete(writeId);
    this.applyWrite(write, outcome === 'ok' ? write.records.length : applied);
    const { partition, epoch } = write;
    const told =
      outcome === 'ok' ? { kind: 'ok' as const } : { kind: 'failed' as const, reason: 'TIMEOUT', detail: 'fault' };
    this.step({ kind: 'written', atMs: this.atMs, partition, epoch, writeId, outcome: told });
  }

  applyWrite(write: Write, count: number): void {
    const log = this.#log(write.partition);
    const mayBeDead = (fate: Fate): boolean => mayBeGivenUp(fate, this.policy, log.uncleanTakeOvers, this.atMs);
    for (const record of write.records.slice(0, count)) log.write(record, (fate) => this.settled(fate), mayBeDead);
  }

  /** The newest offers of all partitions in one request. */
  flushCommits(outcome: 'ok' | 'refused' | 'failed', applied: boolean): void {
    const rows = [...this.commits.values()];
    this.commits.clear();
    for (const { partition, offset, metadata } of rows) {
      if (outcome === 'ok' || (outcome === 'failed' && applied)) {
        this.#log(partition).commit(offset, metadata, (fate) => this.settled(fate));
      }
    }
    for (const row of rows) {
      const { partition, epoch, offset } = row;
      this.step({ kind: 'committed', atMs: this.atMs, partition, epoch, offset, outcome });
      if (outcome === 'failed' && this.held.has(partition) && !this.commits.has(partition))
        this.commits.set(partition, row);
    }
  }

  /** A person wishes the record to be skipped, or tried at once, whatever its state is. */
  wish(partition: number, offset: number, what: 'skip' | 'retry'): void {
    const wishes = { skip: what === 'skip' ? [offset] : [], retry: what === 'retry' ? [offset] : [] };
    const log = this.#log(partition);
    if (what === 'skip') log.fate(offset).skipWished = true;
    else log.retrials += 1;
    this.step({ kind: 'wished', atMs: this.atMs, partition, ...wishes });
  }

  drain(partition: number, withinMs: number): void {
    const deadlineMs = this.atMs + withinMs;
    this.held.get(partition)!.drainDeadlineMs = deadlineMs;
    this.step({ kind: 'draining', atMs: this.atMs, partition, deadlineMs });
  }

  lose(partition: number): void {
    this.step({ kind: 'lost', atMs: this.atMs, partition });
    this.#forget(partition);
  }

  /** Open calls and writes are lost; of a write anything may have reached the broker. `applied`: how much of it did. */
  crash(applied: Chance | null): void {
    this.crashes += 1;
    this.#story.push({ atMs: this.atMs, what: 'crash' });
    for (const write of this.writes.values()) this.applyWrite(write, applied?.next(write.records.length + 1) ?? 0);
    for (const partition of [...this.held.keys()]) this.#forget(partition);
    this.core = createCore(this.settings);
    this.#circuitOpen = false;
    this.alarmMs = null;
  }

  /** An answer to a call that is not open. */
  answerLate(partition: number, epoch: number): void {
    const answer: CallAnswer = { kind: 'verdicts', verdicts: [{ kind: 'ok', outputs: [] }] };
    this.step({ kind: 'answered', atMs: this.atMs, partition, epoch, callId: 0, answer });
  }

  appendTo(partition: number, chance: Chance): void {
    const log = this.#log(partition);
    if (chance.next(4) === 0) log.appendMarker();
    else log.append(natures[chance.next(natures.length)]!, chance.next(3));
  }

  /** Everything is held and settled, and the broker knows it; or the partition is blocked at what is not. */
  rest(): boolean {
    if (this.calls.size > 0 || this.writes.size > 0 || this.commits.size > 0) return false;
    const { blocked } = this.core.snapshot();
    return this.logs.every(({ partition, committed, end }) => {
      if (!this.held.has(partition)) return false;
      const stop = blocked.find((each) => each.partition === partition);
      return committed.offset === end || (stop !== undefined && committed.offset <= stop.offset && this.blocks());
    });
  }

  blocks(): boolean {
    return this.settings.onExhausted === 'Block';
  }

  tick(atMs: number): void {
    this.atMs = Math.max(this.atMs, atMs);
    this.alarmMs = null;
    this.step({ kind: 'ticked', atMs: this.atMs });
  }

  #run(effect: CoreEffect): void {
    if (effect.kind === 'noted' && effect.note.kind === 'circuit') this.#circuitOpen = effect.note.state === 'open';
    if (effect.kind === 'noted' && effect.note.kind === 'attempt-spared') this.#spared = true;
    if (effect.kind === 'noted' && effect.note.kind === 'skipped') this.#noteSkipped(effect.note);
    this.#story.push({ atMs: this.atMs, what: effect });
    switch (effect.kind) {
      case 'call':
        this.#checkCall(effect);
        this.calls.set(effect.callId, effect);
        this.callsMade += 1;
        return;
      case 'abandon':
        this.#loseCall(this.calls.get(effect.callId)!);
        return;
      case 'write':
        this.#startWrite(effect);
        return;
      case 'commit':
        this.commits.set(effect.partition, effect);
        return;
      case 'pause':
      case 'resume':
        this.#setPaused(effect.partition, effect.kind === 'pause');
        return;
      case 'released':
        this.#release(effect);
        return;
      case 'stand-down':
        this.#forget(effect.partition);
        return;
      case 'wake':
        promise(effect.atMs > this.atMs, 'wake', () => 'a time that has passed');
        this.alarmMs = effect.atMs;
        return;
      case 'blocked':
      case 'unblocked':
      case 'noted':
        return;
    }
  }

  #noteSkipped({ partition, offset, how }: Extract<CoreNote, { kind: 'skipped' }>): void {
    const fate = this.#log(partition).fate(offset);
    promise(fate.skipWished, 'D1', () => `p${partition}: ${offset} is skipped, though nobody wished it`);
    fate.skipped = how === 'dropped';
  }

  #release({ partition, epoch, offset, metadata }: Extract<CoreEffect, { kind: 'released' }>): void {
    const log = this.#log(partition);
    promise(
      this.held.get(partition)?.epoch === epoch,
      'D5',
      () => `released p${partition}@${epoch}, which is not held`,
    );
    log.commit(offset, metadata, (fate) => this.settled(fate));
    const { drainDeadlineMs } = this.held.get(partition)!;
    if (!metadata.released) {
      promise(this.atMs >= drainDeadlineMs!, 'D5', () => `p${partition} is not drained, though there is time`);
    } else {
      for (const fate of log.from(offset)) {
        promise(
          fate.acceptedUnder !== epoch,
          'D5',
          () => `p${partition}: ${fate.offset} will be repeated after a hand-over in order`,
        );
      }
    }
    this.#forget(partition);
  }

  /** Nothing of this owner reaches the core any more. */
  #forget(partition: number): void {
    this.held.delete(partition);
    this.commits.delete(partition);
    for (const call of [...this.calls.values()]) if (call.partition === partition) this.#loseCall(call);
    for (const write of [...this.writes.values()]) if (write.partition === partition) this.writes.delete(write.writeId);
  }

  #loseCall(call: Call): void {
    this.calls.delete(call.callId);
    for (const fate of this.#fatesOf(call)) fate.failures += 1;
  }

  #setPaused(partition: number, paused: boolean): void {
    const holding = this.held.get(partition)!;
    holding.fetchUnderWay = paused;
    holding.paused = paused;
  }

  #startWrite(write: Write): void {
    const { partition, epoch } = write;
    promise(
      this.held.get(partition)?.epoch === epoch,
      'P3',
      () => `write for p${partition}@${epoch}, which is not held`,
    );
    for (const other of this.writes.values())
      promise(other.partition !== partition, 'P3', () => `two open writes of p${partition}`);
    for (const record of write.records) {
      if (record.kind === 'dead-letter') this.#log(partition).fate(record.source.offset).deadLetterAskedUnder = epoch;
    }
    this.writes.set(write.writeId, write);
  }

  #checkCall(call: Call): void {
    const { partition, epoch, records } = call;
    const log = this.#log(partition);
    const holding = this.held.get(partition);
    const where = `p${partition}@${epoch} ${offsetsOf(records)}`;
    promise(holding?.epoch === epoch, 'P1', () => `call of ${where}, which is not held`);
    promise(holding.drainDeadlineMs === null, 'D5', () => `call of ${where} while draining`);
    for (const other of this.calls.values())
      promise(other.partition !== partition, 'P1', () => `two open calls: ${where}`);
    const first = records[0]!.offset;
    promise(first >= log.committed.offset, 'P2', () => `${where} is below the committed ${log.committed.offset}`);
    const decided = (fate: Fate): boolean => isDecided(fate, epoch, this.policy, log.uncleanTakeOvers, this.atMs);
    for (const fate of log.fates) {
      if (fate.offset < log.committed.offset || fate.offset >= first) continue;
      promise(decided(fate), 'P1', () => `${where} is called before ${fate.offset} (${fate.nature}) is decided`);
    }
    const { blocked } = this.core.snapshot();
    if (blocked.some((stop) => stop.partition === partition && stop.offset === first)) log.retrials += 1;
    const visible = log
      .from(first)
      .filter(({ settledBefore }) => !settledBefore)
      .slice(0, records.length);
    promise(offsetsOf(visible as unknown as ArrivedRecord[]) === offsetsOf(records), 'P2', () => `${where} has a gap`);
    for (const fate of visible) {
      promise(fate.acceptedUnder !== epoch, 'P2', () => `${where}: ${fate.offset} was accepted by this owner before`);
      const { maxAttempts } = this.policy;
      // A blocked record is tried once more by each new owner, and by its owner each `maxBackoff`.
      const more = this.blocks() ? log.takeOvers + log.retrials : log.uncleanTakeOvers;
      // A probe may follow at once on an answer of which it is not told yet whether it counts.
      const probe = this.#circuitOpen ? 1 : 0;
      const most = Math.max(maxAttempts, this.settings.batch.maxRecords > 1 ? 2 : 1) + more + probe;
      promise(
        fate.failures < most,
        'D6',
        () => `${where}: ${fate.offset} (${fate.nature}) failed ${fate.failures} of ${most} times`,
      );
    }
    const { maxRecords, maxBytes } = this.settings.batch;
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    promise(
      records.length <= maxRecords && (records.length === 1 || bytes <= maxBytes),
      'batch',
      () => `${where} is too large`,
    );
  }

  #noteAnswer(call: Call, fates: readonly Fate[], answer: CallAnswer): void {
    if (answer.kind === 'verdicts' && answer.verdicts.length === fates.length) {
      noteVerdicts(fates, answer.verdicts, call.callId, call.epoch, this.blocks());
    }
    const [alone, other] = fates;
    const refuses = answer.kind === 'rejected' || (answer.kind === 'refused' && answer.refusal === 'too-large');
    if (alone !== undefined && other === undefined && refuses) alone.refused = true;
  }

  #checkBuffer(): void {
    const { bufferedBytes } = this.core.snapshot();
    // A partition below its share is fetched once more, and another fetch may have been under way when it was paused.
    const most =
      this.settings.maxBufferedBytes * 0.75 + 2 * Math.max(this.held.size, 1) * Math.max(fetchBytes, hugeBytes);
    promise(bufferedBytes <= most, 'D9', () => `${bufferedBytes} bytes are buffered, more than ${most}`);
    promise(bufferedBytes >= 0, 'D9', () => 'less than nothing is buffered');
  }

  #fatesOf(call: Call): Fate[] {
    const log = this.#log(call.partition);
    return call.records.map(({ offset }) => log.fate(offset));
  }

  #log(partition: number): PartitionLog {
    return this.logs[partition]!;
  }
}
