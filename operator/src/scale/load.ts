// How many pods carry a load: partitions keep to their pods, a pod takes them in turn, a call costs so much and each record so much. Pure.
//
//   round     Σ callMs ÷ (concurrency − Σ recordMs × rate), over the partitions that a pod meets: from one call of a partition to its next
//   steady    what arrives at a partition ÷ what its pod can move of it, when it takes a full batch in each round
//   behind    under a delay target the same with what must be caught up: what is owed beyond a round's records and beyond what is tolerated,
//             within `patienceMs`
//   target    delay: (round + one call) ÷ target; lag: records of a round ÷ target
//
// The fewest pods with which none of these is above 1. Where not even the most get there: the fewest that do about as well, because more of
// them would not help. What n pods carry is judged by the one that meets the busiest partition and as many others as any.

/** What was measured of the calls of one binding. */
export interface CallCost {
  /** Each call takes this, however many records it has. */
  readonly callMs: number;
  /** And each of its records this. */
  readonly recordMs: number;
  /** Records of a call at most. */
  readonly recordsMax: number;
}

/** What one partition has to do. */
export interface PartitionLoad {
  /** Records per second that come now. */
  readonly arrival: number;
  /** And that came over the last minute. */
  readonly usual: number;
  /** Records that are owed. */
  readonly work: number;
}

/** How long a record may take from its arrival to its end, or how many records a pod may owe. */
export type Target =
  | { readonly kind: 'Delay'; readonly ms: number }
  | { readonly kind: 'Lag'; readonly records: number };

/** The load of one binding on the pods of its function. */
export interface Load {
  readonly cost: CallCost;
  readonly target: Target;
  /** Partitions that have something to do. */
  readonly partitions: number;
  readonly busiest: PartitionLoad;
  /** The mean of the others. */
  readonly others: PartitionLoad;
}

/** `enough`: carries what comes. `plenty`: would with 8 % to spare, so that fewer than run are not too few again in a moment. */
export type Aim = 'enough' | 'plenty';

const spare: Readonly<Record<Aim, number>> = { enough: 1, plenty: 1.08 };
/** What is owed for longer than this shall be caught up in as long again. */
export const patienceMs = 5_000;
/** Pods that leave a partition that is too busy less than this much better off are not worth their cost. */
const worthwhile = 1.5;

/** The fewest pods that carry `loads`; at most `podsMax`, 0 for no load. `plenty` is never fewer than `enough`. */
export function podsFor(loads: readonly Load[], concurrency: number, podsMax: number, aim: Aim): number {
  if (loads.length === 0) return 0;
  const enough = fewest(loads, concurrency, podsMax, 'enough');
  // Where no number carries the load, what does about as well as the most may be less with something to spare.
  return aim === 'enough' ? enough : Math.max(enough, fewest(loads, concurrency, podsMax, aim));
}

function fewest(loads: readonly Load[], concurrency: number, podsMax: number, aim: Aim): number {
  const best = strains(loads, podsMax, concurrency, aim);
  // What comes must be carried if it can be; only what is late already may stay so a little longer.
  const enough = best.map((strain, i) => (i === catchingUp ? Math.max(1, strain * worthwhile) : bearable(strain)));
  for (let pods = 1; pods < podsMax; pods++) {
    if (strains(loads, pods, concurrency, aim).every((strain, i) => strain <= (enough[i] ?? 1))) return pods;
  }
  return podsMax;
}

const bearable = (best: number): number => (best <= 1 ? 1 : best * worthwhile);

/** `count` partitions of one load on a pod, alike; records per second of each. */
interface Part {
  readonly load: Load;
  readonly partition: PartitionLoad;
  readonly count: number;
  readonly rate: number;
}

/** Where among the strains that of what must be caught up stands. */
const catchingUp = 1;

/** How the busiest pod stands to its bounds, always in the same order; above 1 is beyond. None grows with `pods`. */
function strains(loads: readonly Load[], pods: number, concurrency: number, aim: Aim): readonly number[] {
  const parts = loads.flatMap((load) => partsOf(load, pods, spare[aim]));
  const round = roundMs(parts, concurrency);
  const catching = parts.map((part) => ({ ...part, rate: catchUpRate(part, round) }));
  const wait = Math.min(round, queueMs(parts, concurrency));
  return [
    Math.max(...parts.map((_, i) => fullness(parts, i, concurrency))),
    Math.max(...catching.map((_, i) => fullness(catching, i, concurrency))),
    ...loads.map((load) => nearness(load, parts, round, wait) * spare[aim]),
  ];
}

function partsOf(load: Load, pods: number, factor: number): readonly Part[] {
  const { partitions, busiest, others } = load;
  const mine = Math.ceil(partitions / pods);
  return [
    { load, partition: busiest, count: 1, rate: factor * busiest.arrival },
    { load, partition: others, count: mine - 1, rate: factor * others.arrival },
  ].filter(({ count }) => count > 0);
}

/** What a partition needs ÷ the most that its pod can give it. */
function fullness(parts: readonly Part[], index: number, concurrency: number): number {
  const asked = parts[index];
  if (asked === undefined || asked.rate === 0) return 0;
  const saturated = parts.map((part, i) => (i === index ? { ...part, rate: Number.POSITIVE_INFINITY } : part));
  // Parts that are alike are full together.
  return (asked.rate * roundMs(saturated, concurrency)) / 1000 / asked.load.cost.recordsMax;
}

/** How near the pod comes to the target of one load with what arrives; 0 where it does not keep up, which `fullness` tells. */
function nearness(load: Load, parts: readonly Part[], round: number, wait: number): number {
  const { target, cost } = load;
  const mine = parts.filter((part) => part.load === load);
  const kept = mine.filter(({ rate }) => (rate * round) / 1000 <= cost.recordsMax);
  if (target.kind === 'Delay') return Math.max(0, ...kept.map((part) => wait + callMs(part, wait))) / target.ms;
  if (kept.length < mine.length) return 0;
  return mine.reduce((sum, { rate, count }) => sum + (rate * count * wait) / 1000, 0) / target.records;
}

/**
 * Arrivals, and under a delay target what is owed beyond a round's records and beyond what is tolerated; records that stopped coming are
 * still in their rounds. (Under a lag target what is owed asks for pods by itself.)
 */
function catchUpRate(part: Part, round: number): number {
  const { partition, load } = part;
  const { target, cost } = load;
  if (target.kind === 'Lag') return part.rate;
  const rate = Math.max(part.rate, partition.usual);
  const inRounds = Math.min((rate * (round + callMs(part, round))) / 1000, 2 * cost.recordsMax);
  const patience = Math.min(patienceMs, target.ms / 2) / 1000;
  return part.rate + Math.max(0, partition.work - inRounds - rate * patience) / patience;
}

const callMs = ({ rate, load: { cost } }: Part, wait: number): number =>
  cost.callMs + cost.recordMs * Math.min(cost.recordsMax, (rate * Math.max(wait, cost.callMs)) / 1000);

/** One round of the pod, ms; no partition has more than a full batch of it. */
function roundMs(parts: readonly Part[], concurrency: number): number {
  const byFullness = parts.toSorted((a, b) => b.rate / b.load.cost.recordsMax - a.rate / a.load.cost.recordsMax);
  let fixed = parts.reduce((sum, { load, count }) => sum + count * load.cost.callMs, 0);
  for (const [i, { rate, count, load }] of byFullness.entries()) {
    // The fullest are full, by and by; the others take what comes.
    const free = concurrency - byFullness.slice(i).reduce((sum, part) => sum + slots(part), 0);
    if (free > 0 && (rate * fixed) / free / 1000 <= load.cost.recordsMax) return fixed / free;
    fixed += count * load.cost.recordMs * load.cost.recordsMax;
  }
  return fixed / concurrency;
}

const slots = ({ rate, count, load: { cost } }: Part): number => (count * rate * cost.recordMs) / 1000;

/**
 * Where there is little to do not every partition has a call in every round: a record then waits as in a queue, ms; four times the mean
 * wait is rarely exceeded (e⁻⁴).
 */
function queueMs(parts: readonly Part[], concurrency: number): number {
  const oneMs = ({ load: { cost } }: Part): number => cost.callMs + cost.recordMs;
  const used = parts.reduce((sum, part) => sum + (part.count * part.rate * oneMs(part)) / 1000, 0);
  const longest = Math.max(...parts.map(oneMs));
  return used < concurrency ? (4 * longest * used) / (concurrency - used) : Number.POSITIVE_INFINITY;
}
