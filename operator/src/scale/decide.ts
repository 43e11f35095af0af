// How many function pods there should be, and why, in words. Pure and total.
//
//   per binding    samples + reports ──▶ demandOf ──▶ Demand (its load, and pods by what it owes)
//   per function   demands added up  ──▶ decideFunction ──▶ replicas, because
//
//   1. wish        the fewest pods that carry all bindings' loads together (load.ts); never fewer than Σ work ÷ target lag; never more than can
//                  work at once: one call for each partition that has something to do, `concurrency` calls a pod
//   2. hysteresis  what runs stays, unless it is too few for the load or too many for 8 % more
//   3. no use      where more pods did not help, there are not more (progress.ts)
//   4. behavior    windows and policies of spec.scaling.behavior (behavior.ts); nothing to do for `idleTimeout` needs no window any more
//   5. bounds      minReplicas … maxReplicas; at least one pod while there is work
//
// What is not known holds: it may add pods, never take them away.
import { type Behavior, held, type Past, remembered } from './behavior.ts';
import { type Aim, type CallCost, type Load, type PartitionLoad, patienceMs, podsFor, type Target } from './load.ts';

/** What a binding asks for, as its spec says. */
export interface BindingPolicy {
  readonly name: string;
  readonly suspended: boolean;
  readonly target: Target;
  readonly minInvokers: number;
  readonly maxInvokers: number;
  readonly idleTimeoutMs: number;
}

/** What is known of a binding now. Rates are records per second; partitions that are blocked by a poison record are left out. */
export interface BindingFacts {
  /** False: no good sample yet, or too old: hold. */
  readonly known: boolean;
  readonly work: number;
  /** Partitions that have something to do. */
  readonly loads: readonly PartitionLoad[];
  readonly partitions: number;
  readonly arrival: number;
  readonly done: number;
  /** Age of the oldest record that is owed; null or absent: unknown. It is told, not decided on: what is owed and what comes say it sooner. */
  readonly delayMs?: number | null;
  /** ms since there was work or an arrival, an open call or a retry that waits; null: unknown. */
  readonly idleMs: number | null;
  /** Measured by the invokers; null until a call has ended. */
  readonly cost: CallCost | null;
  readonly invokers: number;
}

/** What one binding demands of its function's pods. */
export type Demand =
  | { readonly kind: 'hold'; readonly because: string }
  | { readonly kind: 'idle'; readonly because: string }
  | {
      readonly kind: 'active';
      readonly load: Load;
      /** Pods by what is owed alone, not rounded. */
      readonly owed: number;
      readonly because: string;
    };

/** Until a call has ended: 10 ms and 10 ms a record, which is slow for a function that only computes and quick for one that waits for others. */
export const assumedCost: CallCost = { callMs: 10, recordMs: 10, recordsMax: 100 };

export function demandOf(policy: BindingPolicy, facts: BindingFacts): Demand {
  if (policy.suspended) return { kind: 'idle', because: `${policy.name}: suspended` };
  if (!facts.known) return { kind: 'hold', because: `${policy.name}: no sample of its lag` };
  if (facts.work === 0) {
    // A sleeping binding with nothing to do stays asleep: only work wakes it.
    if (facts.invokers === 0) return { kind: 'idle', because: `${policy.name}: nothing to do` };
    const idleMs = facts.idleMs ?? policy.idleTimeoutMs;
    if (idleMs >= policy.idleTimeoutMs)
      return { kind: 'idle', because: `${policy.name}: idle for ${Math.round(idleMs / 1000)} s` };
  }
  return {
    kind: 'active',
    load: loadOf(policy.target, facts),
    owed: policy.target.kind === 'Lag' ? facts.work / policy.target.records : 0,
    because: describe(policy, facts),
  };
}

const nothing: PartitionLoad = { arrival: 0, usual: 0, work: 0 };

function loadOf(target: Target, { loads, cost }: BindingFacts): Load {
  const urgency = ({ arrival, work }: PartitionLoad): number => arrival + (work * 1000) / patienceMs;
  const [busiest = nothing, ...others] = loads.toSorted((a, b) => urgency(b) - urgency(a));
  const mean = (of: (load: PartitionLoad) => number): number =>
    others.reduce((sum, load) => sum + of(load), 0) / Math.max(1, others.length);
  return {
    cost: cost ?? assumedCost,
    target,
    partitions: Math.max(1, loads.length),
    busiest,
    others: { arrival: mean((o) => o.arrival), usual: mean((o) => o.usual), work: mean((o) => o.work) },
  };
}

export interface FunctionPolicy {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly concurrency: number;
  readonly behavior: Behavior;
}

export interface FunctionDecision {
  readonly replicas: number;
  /** No more than these could work at once, or may. */
  readonly most: number;
  readonly because: string;
  /** To be given to the next decision. */
  readonly past: Past;
}

/** `useful`: more pods than these did not help; Infinity: nothing of that kind is known. */
export function decideFunction(
  policy: FunctionPolicy,
  current: number,
  past: Past,
  demands: readonly Demand[],
  nowMs: number,
  useful = Number.POSITIVE_INFINITY,
): FunctionDecision {
  const { behavior } = policy;
  const active = demands.filter((d) => d.kind === 'active');
  const isHeld = demands.some((d) => d.kind === 'hold');
  const most = mostOf(policy, active);
  const needed = wishOf(policy, current, active, most);
  const helpful = bounded(Math.min(needed, Math.max(1, useful)), policy);
  // What is unknown may add, never take away.
  const wish = isHeld ? bounded(Math.max(current, helpful), policy) : helpful;
  const { replicas: allowed, because: why } = held(wish, current, past, behavior, nowMs, active.length > 0 || isHeld);
  const replicas = bounded(allowed, policy);
  const notes = [
    ...(isHeld ? ['held'] : []),
    ...(needed > useful ? ['more did not help'] : []),
    ...(why === null || replicas === wish ? [] : [why]),
  ];
  const because = demands.map((d) => d.because).join('; ') || 'no binding';
  return {
    replicas,
    most,
    because: `${because} → ${replicas}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`,
    past: remembered(past, wish, current, replicas, behavior, nowMs),
  };
}

type Active = Extract<Demand, { kind: 'active' }>;

/** One call for each partition that has something to do, `concurrency` calls a pod. */
function mostOf({ concurrency, maxReplicas }: FunctionPolicy, active: readonly Active[]): number {
  const calls = active.reduce((sum, { load }) => sum + load.partitions, 0);
  return Math.max(1, Math.min(maxReplicas, Math.ceil(calls / concurrency)));
}

function wishOf({ concurrency }: FunctionPolicy, current: number, active: readonly Active[], most: number): number {
  if (active.length === 0) return 0;
  const loads = active.map((d) => d.load);
  const owed = Math.ceil(active.reduce((sum, d) => sum + d.owed, 0) - 1e-9);
  const pods = (aim: Aim): number => Math.min(most, Math.max(1, owed, podsFor(loads, concurrency, most, aim)));
  const enough = pods('enough');
  return current <= enough ? enough : Math.min(current, pods('plenty'));
}

/** Within minReplicas … maxReplicas; max wins where they contradict. */
const bounded = (value: number, { minReplicas, maxReplicas }: FunctionPolicy): number =>
  Math.min(maxReplicas, Math.max(minReplicas, value));

function describe({ name }: BindingPolicy, facts: BindingFacts): string {
  const cost =
    facts.cost === null
      ? 'the cost of a call is not known yet'
      : `a call takes ${figure(facts.cost.callMs)} ms and ${figure(facts.cost.recordMs)} ms a record`;
  const { delayMs = null } = facts;
  const oldest = delayMs === null || facts.work === 0 ? '' : `, the oldest ${figure(delayMs / 1000)} s old`;
  return (
    `${name}: lag ${facts.work} over ${facts.loads.length} of ${facts.partitions} partitions${oldest}, ` +
    `${figure(facts.arrival)} rec/s arriving, ${figure(facts.done)} rec/s done, ${cost}`
  );
}

const figure = (n: number): string => (n >= 10 ? Math.round(n).toString() : n.toFixed(1));
