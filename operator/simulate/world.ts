// The world a scaler acts on, in virtual time: partitions that fill, pods that start, calls that take their time.
import { poisson, randomOf } from './random.ts';
import type { Shape } from './shapes.ts';

/** Resolution of arrivals, pod starts and call ends. */
export const tickMs = 100;
const batchMax = 100;

interface Lane {
  /** Arrivals not yet called, oldest first. */
  readonly waiting: { atMs: number; count: number }[];
  waitingCount: number;
  open: { endsMs: number; records: { atMs: number; count: number }[]; count: number } | null;
  produced: number;
  done: number;
}

export interface World {
  readonly nowMs: number;
  readonly shape: Shape;
  /** Pods that exist, starting ones included: they cost. */
  readonly replicas: number;
  readonly ready: number;
  readonly lanes: readonly { readonly produced: number; readonly done: number; readonly blocked: boolean }[];
  /** Totals since the start. */
  readonly calls: number;
  readonly busyMs: number;
  setReplicas(replicas: number): void;
  tick(): void;
  result(): Result;
}

export interface Result {
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Records that were not done at the end. Their age counts in the delays. */
  readonly undone: number;
  readonly replicaSeconds: number;
  readonly scaleChanges: number;
}

/** `rebalanceMs`: how long consumption halts when a pod joins or leaves; 0 where pods are not the consumers. */
export function createWorld(shape: Shape, rebalanceMs: number): World {
  const random = randomOf(shape.seed);
  const lanes: Lane[] = shape.shares.map(() => ({ waiting: [], waitingCount: 0, open: null, produced: 0, done: 0 }));
  const pods: { readyMs: number }[] = [];
  const delays: { ms: number; count: number }[] = [];
  let nowMs = 0;
  let replicaMs = 0;
  let scaleChanges = 0;
  let calls = 0;
  let busyMs = 0;
  /** Where the search for the next lane begins: every partition gets its turn. */
  let turn = 0;
  let haltedUntilMs = 0;

  const blocked = (partition: number): boolean =>
    shape.blocked !== undefined &&
    shape.blocked.partition === partition &&
    nowMs >= shape.blocked.from * 1000 &&
    nowMs < shape.blocked.to * 1000;
  const ready = (): number => pods.filter((p) => p.readyMs <= nowMs).length;

  function arrive(): void {
    const perTick = (shape.rate(nowMs / 1000) * tickMs) / 1000;
    for (const [partition, share] of shape.shares.entries()) {
      const count = poisson(perTick * share, random);
      const lane = lanes[partition];
      if (count === 0 || lane === undefined) continue;
      lane.waiting.push({ atMs: nowMs, count });
      lane.waitingCount += count;
      lane.produced += count;
    }
  }

  function finish(): void {
    for (const lane of lanes) {
      if (lane.open === null || lane.open.endsMs > nowMs) continue;
      for (const { atMs, count } of lane.open.records) delays.push({ ms: nowMs - atMs, count });
      lane.done += lane.open.count;
      lane.open = null;
    }
  }

  /** One open call per partition; each partition keeps to one pod, which takes one call at a time. Halted consumers start none. */
  function start(): void {
    const pods = ready();
    if (pods === 0 || nowMs < haltedUntilMs) return;
    const busy = new Set(lanes.flatMap((l, partition) => (l.open === null ? [] : [partition % pods])));
    for (let i = 0; i < lanes.length; i++) {
      const partition = (turn + i) % lanes.length;
      const lane = lanes[partition];
      if (lane === undefined || busy.has(partition % pods) || lane.open !== null) continue;
      if (lane.waitingCount === 0 || blocked(partition)) continue;
      const records = take(lane);
      const count = records.reduce((sum, r) => sum + r.count, 0);
      const durationMs = shape.callMs + shape.recordMs * count;
      lane.open = { endsMs: nowMs + durationMs, records, count };
      calls += 1;
      busyMs += durationMs;
      busy.add(partition % pods);
    }
    turn = (turn + 1) % lanes.length;
  }

  /** Pods that are consumers themselves halt when one joins or leaves: the group rebalances. */
  function rebalance(): void {
    haltedUntilMs = Math.max(haltedUntilMs, nowMs + rebalanceMs);
  }

  return {
    get nowMs() {
      return nowMs;
    },
    shape,
    get replicas() {
      return pods.length;
    },
    get ready() {
      return ready();
    },
    get lanes() {
      return lanes.map((l, partition) => ({ produced: l.produced, done: l.done, blocked: blocked(partition) }));
    },
    get calls() {
      return calls;
    },
    get busyMs() {
      return busyMs;
    },
    setReplicas(replicas) {
      const wanted = Math.max(0, Math.min(replicas, shape.maxReplicas));
      if (wanted === pods.length) return;
      scaleChanges += 1;
      if (wanted < pods.length) rebalance();
      while (pods.length > wanted) pods.pop();
      while (pods.length < wanted) pods.push({ readyMs: nowMs + shape.podStartMs });
    },
    tick() {
      nowMs += tickMs;
      replicaMs += pods.length * tickMs;
      if (pods.some((p) => p.readyMs > nowMs - tickMs && p.readyMs <= nowMs)) rebalance();
      arrive();
      finish();
      start();
    },
    result() {
      const undone = lanes.flatMap((l) => [...l.waiting, ...(l.open?.records ?? [])]);
      const all = [...delays, ...undone.map(({ atMs, count }) => ({ ms: nowMs - atMs, count }))];
      return {
        delayMs: percentiles(all),
        undone: undone.reduce((sum, r) => sum + r.count, 0),
        replicaSeconds: replicaMs / 1000,
        scaleChanges,
      };
    },
  };
}

function take(lane: Lane): { atMs: number; count: number }[] {
  const records: { atMs: number; count: number }[] = [];
  let room = batchMax;
  while (room > 0) {
    const first = lane.waiting[0];
    if (first === undefined) break;
    const count = Math.min(room, first.count);
    records.push({ atMs: first.atMs, count });
    room -= count;
    lane.waitingCount -= count;
    if (count === first.count) lane.waiting.shift();
    else first.count -= count;
  }
  return records;
}

function percentiles(delays: { ms: number; count: number }[]): { p50: number; p99: number; max: number } {
  const sorted = delays.toSorted((a, b) => a.ms - b.ms);
  const total = sorted.reduce((sum, d) => sum + d.count, 0);
  const at = (share: number): number => {
    let seen = 0;
    for (const { ms, count } of sorted) {
      seen += count;
      if (seen >= total * share) return ms;
    }
    return 0;
  };
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1)?.ms ?? 0 };
}
