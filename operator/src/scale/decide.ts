// How many function pods and invokers there should be, and why, in words. Pure and total.
//
//   per binding    samples + reports ──▶ demandOf ──▶ Demand (work, busy slots, invokers)
//   per function   demands added up  ──▶ decideFunction ──▶ replicas, because

/** What a binding asks for, as its spec says. */
export interface BindingPolicy {
  readonly name: string;
  readonly suspended: boolean;
  /** Records one replica may owe, or how late (ms) the stream may run. */
  readonly target: { readonly kind: 'Lag'; readonly records: number } | { readonly kind: 'Delay'; readonly ms: number };
  readonly minInvokers: number;
  readonly maxInvokers: number;
  readonly idleTimeoutMs: number;
}

/** What is known of a binding now. Rates are records per second. */
export interface BindingFacts {
  /** False: no good sample yet, or too old: hold. */
  readonly known: boolean;
  readonly work: number;
  readonly busyPartitions: number;
  readonly partitions: number;
  readonly arrival: number;
  readonly done: number;
  /** ms since there was work or an arrival, an open call or a retry that waits; null: unknown. */
  readonly idleMs: number | null;
  /** Measured by the invokers; null until a call has ended. */
  readonly serviceTimeMs: number | null;
  readonly recordsPerCall: number | null;
  readonly invokers: number;
  /** The most records per second that one invoker of this binding was seen to move; null: not seen yet. */
  readonly invokerCapacity: number | null;
}

/** What one binding demands. `slots`: calls that should run at once, not rounded. */
export type Demand =
  | { readonly kind: 'hold'; readonly because: string }
  | { readonly kind: 'idle'; readonly invokers: number; readonly because: string }
  | {
      readonly kind: 'active';
      readonly invokers: number;
      readonly slots: number;
      /** Slots that can be busy at once: one call per partition that has work. */
      readonly slotsMax: number;
      readonly because: string;
    };

/** Until an invoker's capacity was seen: the modest end of what one was measured to move at small batches (records/s). */
export const assumedInvokerCapacity = 10_000;
/** An invoker is added only when one more moves at least this much more than it costs: the demand exceeds the present ones by 20 %. */
const invokerHeadroom = 1.2;

export function demandOf(policy: BindingPolicy, facts: BindingFacts, concurrency: number): Demand {
  if (policy.suspended) return { kind: 'idle', invokers: 0, because: `${policy.name}: suspended` };
  if (!facts.known) return { kind: 'hold', because: `${policy.name}: no sample of its lag` };
  if (facts.work === 0 && (facts.idleMs === null || facts.idleMs >= policy.idleTimeoutMs)) {
    const invokers = bounded(0, policy.minInvokers, invokersMax(policy, facts));
    return {
      kind: 'idle',
      invokers,
      because: `${policy.name}: idle for ${seconds(facts.idleMs ?? policy.idleTimeoutMs)}`,
    };
  }
  // A sleeping binding with nothing to do stays asleep: only work wakes it.
  if (facts.work === 0 && facts.invokers === 0) {
    const invokers = bounded(0, policy.minInvokers, invokersMax(policy, facts));
    return { kind: 'idle', invokers, because: `${policy.name}: nothing to do` };
  }
  const slots = slotsOf(policy, facts, concurrency);
  const slotsMax = Math.max(1, facts.busyPartitions);
  return {
    kind: 'active',
    invokers: invokersOf(policy, facts),
    slots,
    slotsMax,
    because: describe(policy, facts, Math.min(slots, slotsMax)),
  };
}

export interface FunctionPolicy {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly concurrency: number;
}

export interface FunctionFacts {
  readonly current: number;
  /** Recommendations of the past, newest last, bounded by the caller to the stabilisation window. */
  readonly recommended: readonly { readonly atMs: number; readonly replicas: number }[];
}

/** Scale-down takes the highest recommendation of this long, so that a dip between two batches costs no pod start. */
export const stabilizationMs = 15_000;

export interface FunctionDecision {
  readonly replicas: number;
  /** Before stabilisation: to be remembered by the caller. */
  readonly recommended: number;
  readonly because: string;
}

export function decideFunction(
  policy: FunctionPolicy,
  facts: FunctionFacts,
  demands: readonly Demand[],
  nowMs: number,
): FunctionDecision {
  const hold = demands.find((d) => d.kind === 'hold');
  const active = demands.filter((d) => d.kind === 'active');
  const because = demands.map((d) => d.because).join('; ') || 'no binding';
  const slots = active.reduce((sum, d) => sum + Math.min(d.slots, d.slotsMax), 0);
  const wanted = active.length === 0 ? 0 : Math.max(1, Math.ceil(slots / policy.concurrency - 1e-9));
  const recommended = bounded(wanted, policy.minReplicas, policy.maxReplicas);
  if (hold !== undefined) {
    // What is unknown may add, never take away.
    const replicas = bounded(Math.max(facts.current, recommended), policy.minReplicas, policy.maxReplicas);
    return { replicas, recommended: replicas, because: `${because} → ${replicas} (held)` };
  }
  if (active.length === 0) return { replicas: recommended, recommended, because: `${because} → ${recommended}` };
  const past = facts.recommended.filter((r) => r.atMs > nowMs - stabilizationMs).map((r) => r.replicas);
  const floor = Math.min(facts.current, Math.max(recommended, ...past));
  const replicas = bounded(Math.max(recommended, floor), policy.minReplicas, policy.maxReplicas);
  return { replicas, recommended, because: `${because} → ${replicas}` };
}

/**
 * Little's law: calls per second needed × service time = calls that must run at once. The backlog is to be gone within the target
 * delay. Until a service time is known, or where the target is a lag: a replica (with `concurrency` slots) for each `lag` records.
 */
function slotsOf(policy: BindingPolicy, facts: BindingFacts, concurrency: number): number {
  const measured = facts.serviceTimeMs !== null && facts.recordsPerCall !== null && facts.recordsPerCall > 0;
  const keepUp = measured ? (facts.arrival / facts.recordsPerCall) * (facts.serviceTimeMs / 1000) : 0;
  switch (policy.target.kind) {
    case 'Lag':
      return Math.max((facts.work / policy.target.records) * concurrency, keepUp);
    case 'Delay': {
      if (!measured) return (facts.work / 1000) * concurrency;
      const drain = facts.work / (policy.target.ms / 1000);
      return ((facts.arrival + drain) / facts.recordsPerCall) * (facts.serviceTimeMs / 1000);
    }
  }
}

function invokersOf(policy: BindingPolicy, facts: BindingFacts): number {
  const capacity = facts.invokerCapacity ?? assumedInvokerCapacity;
  const target = policy.target.kind === 'Delay' ? policy.target.ms / 1000 : 10;
  const needed = Math.ceil((facts.arrival + facts.work / Math.max(target, 1)) / capacity / invokerHeadroom - 1e-9);
  // Each change moves partitions: one more at a time while it pays, and none taken away before the binding is idle.
  const wanted = Math.max(1, facts.invokers, Math.min(needed, facts.invokers + 1));
  return bounded(wanted, policy.minInvokers, invokersMax(policy, facts));
}

const invokersMax = (policy: BindingPolicy, facts: BindingFacts): number =>
  facts.partitions > 0 ? Math.min(policy.maxInvokers, facts.partitions) : policy.maxInvokers;

/** `value` within min … max; max wins where they contradict. */
const bounded = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

function describe(policy: BindingPolicy, facts: BindingFacts, slots: number): string {
  const rate = (n: number): string => (n >= 10 ? Math.round(n).toString() : n.toFixed(1));
  const service =
    facts.serviceTimeMs === null
      ? 'service time not known yet'
      : `${rate(facts.recordsPerCall ?? 1)} records a call of ${rate(facts.serviceTimeMs)} ms`;
  return (
    `${policy.name}: lag ${facts.work} over ${facts.busyPartitions} of ${facts.partitions} partitions, ` +
    `${rate(facts.arrival)} rec/s arriving, ${rate(facts.done)} rec/s done, ${service}, ${rate(slots)} calls at once`
  );
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
