/** Test support: histories of a flawless system, made by chance from a seed: hand-overs, crashes, retries, dead letters, aborted records. */
import type { Entry, Fate, InputRecord, Verdict } from './history.ts';

const unixAtZero = 1_790_000_000_000;

/** Numbers below `bound`, the same for the same seed. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761 + 1) >>> 0;
  }

  next(bound: number): number {
    this.#state = (Math.imul(this.#state ^ (this.#state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % bound;
  }
}

const partitions = 3;
const recordsEach = 60;
const maxAttempts = 4;
const batch = 5;
const host = { pid: 900, name: 'host-0' };

interface Record {
  readonly offset: number;
  readonly visible: boolean;
  readonly fate: Fate;
  readonly outputs: number;
  /** So many calls of it fail first. */
  readonly failures: number;
}

/** Two seeds of the same number make the same history. */
export function givenHistory(seed: number): Entry[] {
  const chance = new Chance(seed);
  const world = new World(chance);
  for (let partition = 0; partition < partitions; partition += 1) new Life(world, partition).live();
  return world.finish();
}

class World {
  readonly chance: Chance;
  readonly entries: Entry[] = [];
  seq = 0;
  calls = 0;
  commits = 0;
  faults = 0;
  outputsIn = new Map<number, number>();
  letters = 0;
  endMs = 0;

  constructor(chance: Chance) {
    this.chance = chance;
  }

  finish(): Entry[] {
    const atMs = this.endMs + 1000;
    const clocks = [0, atMs].map((at): Entry => ({ kind: 'clock', atMs: at, unixMs: unixAtZero + at }));
    this.entries.unshift(
      {
        kind: 'rules',
        title: 'given',
        partitions,
        plannedRecords: this.seq,
        plannedFaults: [],
        maxAttempts,
        commitIntervalMs: 100,
        commitSlackMs: 100,
        staleGraceMs: 500,
        statusGraceMs: 2_000,
        memoryCapBytes: 200_000_000,
      },
      ...clocks,
      { kind: 'process', atMs: 0, ...host, state: 'started' },
      { kind: 'process', atMs: 0, pid: 800, name: 'invoker-0', state: 'started' },
      { kind: 'process', atMs: 0, pid: 801, name: 'invoker-1', state: 'started' },
      { kind: 'memory', atMs: 10, pid: 800, bytes: 120_000_000 },
    );
    this.entries.push({ kind: 'rest', atMs, blocked: [] });
    return this.entries;
  }
}

/** One partition from its first record to its last commit. */
class Life {
  readonly #world: World;
  readonly #partition: number;
  readonly #log: Record[] = [];
  readonly #failed = new Map<number, number>();
  #atMs = 10;
  #epoch = 1_700_000_000;
  #pid = 800;
  /** First offset that is not decided, and what of it the broker knows. */
  #next = 0;
  #committed = 0;
  #single = false;

  constructor(world: World, partition: number) {
    this.#world = world;
    this.#partition = partition;
    let offset = world.chance.next(5);
    this.#next = offset;
    this.#committed = offset;
    for (let count = 0; count < recordsEach; count += 1) {
      this.#log.push(this.#record(offset));
      offset += world.chance.next(8) === 0 ? 2 : 1;
    }
    for (const { failures: _, ...record } of this.#log) {
      const seq = world.seq++;
      const input: InputRecord = { kind: 'input', partition, seq, digest: `${partition}/${record.offset}`, ...record };
      world.entries.push(input, { kind: 'sent', atMs: 1, seq });
    }
  }

  #record(offset: number): Record {
    const { chance } = this.#world;
    const visible = chance.next(12) > 0;
    const outputs = 1 + chance.next(2);
    if (chance.next(15) === 0) return { offset, visible, fate: 'dead-letter', outputs: 0, failures: maxAttempts };
    return { offset, visible, fate: 'ack', outputs, failures: chance.next(10) === 0 ? 1 + chance.next(2) : 0 };
  }

  live(): void {
    const { chance, entries } = this.#world;
    entries.push(this.#commitOf(this.#committed, null, false));
    this.#takeOver();
    while (this.#open().length > 0) {
      const what = chance.next(12);
      if (what === 0) this.#handOver();
      else if (what === 1) this.#crash();
      else this.#call();
      this.#sample();
    }
    this.#commit(this.#log.at(-1)!.offset + 1);
    this.#world.endMs = Math.max(this.#world.endMs, this.#atMs);
  }

  #open(): Record[] {
    return this.#log.filter(({ offset, visible }) => visible && offset >= this.#next);
  }

  #batch(): Record[] {
    const open = this.#open();
    const isFresh = ({ offset }: Record): boolean => !this.#failed.has(offset);
    const size = this.#single ? 1 : 1 + this.#world.chance.next(batch);
    const alike = open.findIndex((record) => isFresh(record) !== isFresh(open[0]!));
    return open.slice(0, Math.min(size, alike < 0 ? size : alike));
  }

  #begin(records: readonly Record[]): number {
    const call = this.#world.calls++;
    const [first] = records;
    this.#atMs += 1 + this.#world.chance.next(5);
    this.#world.entries.push({
      kind: 'started',
      atMs: this.#atMs,
      pid: host.pid,
      call,
      partition: this.#partition,
      offsets: records.map(({ offset }) => offset),
      epoch: this.#epoch,
      attempt: 1 + (this.#failed.get(first!.offset) ?? 0),
      deadlineUnixMs: unixAtZero + this.#atMs + 5_000,
    });
    return call;
  }

  #call(): void {
    const records = this.#batch();
    const call = this.#begin(records);
    const verdicts: Verdict[] = [];
    for (const { offset, fate, failures } of records) {
      const fails = fate === 'dead-letter' || (this.#failed.get(offset) ?? 0) < failures;
      verdicts.push(verdicts.includes('retry') ? 'not-run' : fails ? 'retry' : 'ok');
    }
    this.#atMs += 2 + this.#world.chance.next(10);
    this.#world.entries.push({ kind: 'ended', atMs: this.#atMs, pid: host.pid, call, verdicts, cut: null });
    this.#atMs += 1;
    for (const [place, record] of records.entries()) {
      if (verdicts[place] === 'ok') this.#done(record);
      else {
        this.#fail(record);
        break;
      }
    }
    if (this.#world.chance.next(3) === 0) this.#commit(this.#next);
  }

  #fail({ offset, fate }: Record): void {
    const failures = (this.#failed.get(offset) ?? 0) + 1;
    this.#failed.set(offset, failures);
    this.#commit(this.#next);
    if (fate !== 'dead-letter' || failures < maxAttempts) return;
    const [originPartition, originOffset] = [this.#partition, offset];
    const digest = `${originPartition}/${offset}`;
    const appendedUnixMs = unixAtZero + this.#atMs;
    const letter = { offset: this.#world.letters++, appendedUnixMs, originPartition, originOffset, digest };
    this.#world.entries.push({ kind: 'dead-letter', ...letter });
    this.#next = offset + 1;
    this.#atMs += 1;
  }

  #done({ offset: originOffset, outputs }: Record): void {
    const { outputsIn, entries } = this.#world;
    const partition = this.#partition;
    for (let index = 0; index < outputs; index += 1) {
      const offset = outputsIn.get(partition) ?? 0;
      outputsIn.set(partition, offset + 1);
      const appendedUnixMs = unixAtZero + this.#atMs;
      entries.push({
        kind: 'output',
        partition,
        offset,
        appendedUnixMs,
        originPartition: partition,
        originOffset,
        index,
      });
    }
    this.#next = originOffset + 1;
    this.#single = false;
  }

  #commitOf(offset: number, epoch: number | null, released: boolean): Entry {
    const unixMs = unixAtZero + this.#atMs;
    return {
      kind: 'commit',
      order: this.#world.commits++,
      unixMs,
      partition: this.#partition,
      offset,
      epoch,
      released,
    };
  }

  #commit(offset: number, released = false): void {
    this.#atMs += 1;
    this.#committed = offset;
    this.#world.entries.push(this.#commitOf(offset, this.#epoch, released));
  }

  #takeOver(): void {
    this.#epoch += 1;
    this.#commit(this.#committed);
    const owned = { pid: this.#pid, partition: this.#partition, epoch: this.#epoch };
    this.#world.entries.push({ kind: 'owned', unixMs: unixAtZero + this.#atMs, ...owned });
    this.#atMs += 1;
  }

  #handOver(): void {
    this.#commit(this.#next, true);
    this.#pid = this.#pid === 800 ? 801 : 800;
    this.#takeOver();
  }

  /** In a call: the host sees the caller go. What was done since the last commit is done again. */
  #crash(): void {
    const records = this.#batch();
    const call = this.#begin(records);
    this.#atMs += 1;
    const fault = this.#world.faults++;
    this.#world.entries.push({ kind: 'fault', atMs: this.#atMs, fault, what: 'invoker killed', clean: false });
    this.#atMs += 1;
    const verdicts = records.map((): Verdict => 'not-run');
    this.#world.entries.push({ kind: 'ended', atMs: this.#atMs, pid: host.pid, call, verdicts, cut: 'caller-gone' });
    this.#atMs += 50;
    this.#world.entries.push({ kind: 'healed', atMs: this.#atMs, fault });
    this.#next = this.#committed;
    this.#takeOver();
    this.#single = true;
  }

  #sample(): void {
    if (this.#world.chance.next(4) > 0) return;
    this.#world.entries.push({ kind: 'status', atMs: this.#atMs, pid: this.#pid, owned: [], blocked: [] });
  }
}
