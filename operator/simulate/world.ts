// The world a scaler acts on, in virtual time: partitions that fill, pods that start, calls that take their time.
import { arrivalsOf, tickMs } from './arrivals.ts';
import { Delays, type Percentiles } from './delays.ts';
import { arrive, type Lane, newLane, type Records, take } from './lane.ts';
import type { Shape } from './shapes.ts';

/** Records of a call at most, for everybody. */
export const batchMax = 100;

interface Pod {
  readonly readyMs: number;
  /** Where its search for the next partition begins: every partition gets its turn. */
  turn: number;
  call: Call | null;
}

interface Call {
  readonly lane: Lane;
  readonly endsMs: number;
  readonly records: Records[];
  readonly count: number;
}

export interface Result {
  /** Of all records but those of a partition that is blocked at some time: they measure the poison record, not the scaler. */
  readonly delayMs: Percentiles;
  /** Records that were not done at the end. Their age counts in the delays. */
  readonly undone: number;
  readonly replicaSeconds: number;
  readonly scaleChanges: number;
  /** Partitions that moved from one member of the group to another, at the least. */
  readonly handOvers: number;
}

export interface GroupMembers {
  /** True: the scaled pods are members of the consumer group. False: others own the partitions, and stay. */
  readonly podsAreMembers: boolean;
  /** How long consumption halts when a member joins or leaves, ms. */
  readonly rebalanceMs: number;
}

export class World {
  readonly shape: Shape;
  nowMs = 0;
  readonly lanes: readonly Lane[];
  /** Totals since the start, of calls that ended. */
  calls = 0;
  busyMs = 0;
  readonly #group: GroupMembers;
  readonly #delays = new Delays();
  readonly #pods: Pod[] = [];
  /** Calls of pods that were taken away: they end in order. */
  #leaving: Call[] = [];
  #members = 0;
  #haltedUntilMs = 0;
  #replicaMs = 0;
  #scaleChanges = 0;
  #handOvers = 0;

  constructor(shape: Shape, group: GroupMembers) {
    this.shape = shape;
    this.#group = group;
    this.lanes = shape.shares.map(newLane);
  }

  /** Pods that exist, starting ones included: they cost. */
  get replicas(): number {
    return this.#pods.length;
  }

  get ready(): number {
    return this.#pods.filter((pod) => pod.readyMs <= this.nowMs).length;
  }

  isBlocked(partition: number): boolean {
    const { blocked } = this.shape;
    if (blocked === undefined || blocked.partition !== partition) return false;
    return this.nowMs >= blocked.from * 1000 && this.nowMs < blocked.to * 1000;
  }

  /** Age of the oldest record that is not done, where nothing is blocked. */
  oldestMs(): number {
    const firsts = this.lanes
      .filter((lane) => this.#counts(lane))
      .flatMap((lane) => lane.open ?? lane.waiting[0] ?? []);
    return Math.max(0, ...firsts.map(({ atMs }) => this.nowMs - atMs));
  }

  setReplicas(replicas: number): void {
    const wanted = Math.max(0, Math.min(replicas, this.shape.maxReplicas));
    if (wanted === this.#pods.length) return;
    this.#scaleChanges += 1;
    for (const pod of this.#pods.splice(wanted)) if (pod.call !== null) this.#leaving.push(pod.call);
    while (this.#pods.length < wanted) {
      this.#pods.push({ readyMs: this.nowMs + this.shape.podStartMs, turn: 0, call: null });
    }
    this.#rebalance();
  }

  tick(): void {
    const sinceMs = this.nowMs;
    this.nowMs += tickMs;
    this.#replicaMs += this.#pods.length * tickMs;
    this.#rebalance();
    this.#serve(sinceMs);
    const arrivals = arrivalsOf(this.shape);
    for (const lane of this.lanes) arrive(lane, this.nowMs, arrivals.at(this.nowMs / tickMs, lane.partition));
    this.#serve(this.nowMs);
  }

  result(): Result {
    const undone = this.lanes.map((lane) => lane.produced - lane.done);
    for (const lane of this.lanes) {
      if (!this.#counts(lane)) continue;
      const open = [...this.#pods.map(({ call }) => call), ...this.#leaving].find((call) => call?.lane === lane);
      for (const { atMs, count } of [...lane.waiting, ...(open?.records ?? [])]) {
        this.#delays.add(this.nowMs - atMs, count);
      }
    }
    return {
      delayMs: this.#delays.percentiles(),
      undone: undone.reduce((sum, count) => sum + count, 0),
      replicaSeconds: this.#replicaMs / 1000,
      scaleChanges: this.#scaleChanges,
      handOvers: this.#handOvers,
    };
  }

  #counts(lane: Lane): boolean {
    return this.shape.blocked?.partition !== lane.partition;
  }

  /** Ends what ended by now and begins what can begin, from `sinceMs` on. Each partition keeps to one pod, which takes one call at a time. */
  #serve(sinceMs: number): void {
    this.#leaving = this.#leaving.filter((call) => call.endsMs > this.nowMs || void this.#end(call));
    const ready = this.#pods.filter((pod) => pod.readyMs <= this.nowMs);
    for (const [index, pod] of ready.entries()) {
      let freeMs = Math.max(sinceMs, pod.readyMs, this.#haltedUntilMs);
      while (freeMs <= this.nowMs) {
        if (pod.call !== null) {
          if (pod.call.endsMs > this.nowMs) break;
          freeMs = Math.max(freeMs, pod.call.endsMs);
          this.#end(pod.call);
          pod.call = null;
        }
        if (freeMs > this.nowMs || !this.#begin(pod, index, ready.length, freeMs)) break;
      }
    }
  }

  #begin(pod: Pod, index: number, pods: number, atMs: number): boolean {
    const { callMs, recordMs } = this.shape;
    for (let i = 0; i < this.lanes.length; i++) {
      const lane = this.lanes[(pod.turn + i) % this.lanes.length];
      if (lane === undefined || lane.partition % pods !== index || lane.open !== null) continue;
      if (lane.waitingCount === 0 || this.isBlocked(lane.partition)) continue;
      const records = take(lane, batchMax);
      const count = records.reduce((sum, r) => sum + r.count, 0);
      lane.open = { atMs: records[0]?.atMs ?? atMs };
      pod.call = { lane, endsMs: atMs + callMs + recordMs * count, records, count };
      pod.turn = (lane.partition + 1) % this.lanes.length;
      return true;
    }
    return false;
  }

  #end({ lane, endsMs, records, count }: Call): void {
    if (this.#counts(lane)) for (const record of records) this.#delays.add(endsMs - record.atMs, record.count);
    lane.done += count;
    lane.open = null;
    this.calls += 1;
    this.busyMs += this.shape.callMs + this.shape.recordMs * count;
  }

  /** Members that come or go: partitions move, as few as can be, and the group halts. */
  #rebalance(): void {
    const before = this.#members;
    const after = this.ready;
    if (!this.#group.podsAreMembers || after === before) return;
    this.#members = after;
    const moved = (this.lanes.length * Math.abs(after - before)) / Math.max(after, before);
    if (before > 0 && after > 0) this.#handOvers += Math.round(moved);
    if (after > 0) this.#haltedUntilMs = Math.max(this.#haltedUntilMs, this.nowMs + this.#group.rebalanceMs);
  }
}
