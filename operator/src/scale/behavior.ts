// Windows and policies that hold a wish back, with the words and meaning of autoscaling/v2's `behavior`. Pure.

export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodMs: number;
}

export interface ScalingRules {
  /** Up: the lowest wish of this long counts. Down: the highest. */
  readonly stabilizationWindowMs: number;
  /** How much may change in a period; none: as much as is wished. */
  readonly policies: readonly ScalingPolicy[];
  /** Which of several policies counts: the one that allows the most, the least, or no change at all in this direction. */
  readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
}

export interface Behavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

/** Up at once, because records wait; down by the most that was wished in ten seconds, so that a dip between two batches costs no pod start. */
export const defaultBehavior: Behavior = {
  scaleUp: { stabilizationWindowMs: 0, policies: [], selectPolicy: 'Max' },
  scaleDown: { stabilizationWindowMs: 10_000, policies: [], selectPolicy: 'Max' },
};

/** What was wished and what was changed, oldest first; bounded by `remembered`. */
export interface Past {
  /** From this moment to the next one's. */
  readonly wishes: readonly { readonly atMs: number; readonly replicas: number }[];
  readonly changes: readonly { readonly atMs: number; readonly by: number }[];
}

export const noPast: Past = { wishes: [], changes: [] };

export interface Held {
  readonly replicas: number;
  /** Why it is not what was wished; null: it is. */
  readonly because: string | null;
}

/** What may be done now of `wish`. `patient` false: the windows do not count (what is idle has waited already), the policies do. */
export function held(
  wish: number,
  current: number,
  past: Past,
  behavior: Behavior,
  nowMs: number,
  patient = true,
): Held {
  if (wish === current) return { replicas: current, because: null };
  const up = wish > current;
  const rules = up ? behavior.scaleUp : behavior.scaleDown;
  const settled = patient ? stabilized(wish, current, past, rules, nowMs, up) : wish;
  const limit = up ? upLimit(current, past, rules, nowMs) : downLimit(current, past, rules, nowMs);
  const replicas = up ? Math.min(settled, limit) : Math.max(settled, limit);
  if (replicas === wish) return { replicas, because: null };
  const inForce = replicas === settled ? 'the stabilization window' : 'a scaling policy';
  return { replicas, because: `${wish} wished, ${inForce} of scale${up ? 'Up' : 'Down'} holds` };
}

/** The past with this wish and this change in it, without what no window or period reaches any more. */
export function remembered(
  past: Past,
  wish: number,
  from: number,
  to: number,
  behavior: Behavior,
  nowMs: number,
): Past {
  const rules = [behavior.scaleUp, behavior.scaleDown];
  const windowMs = Math.max(...rules.map((r) => r.stabilizationWindowMs));
  const periodMs = Math.max(0, ...rules.flatMap((r) => r.policies.map((p) => p.periodMs)));
  // Of the wishes before the window the newest one was still in force when it began.
  const begun = past.wishes.findLastIndex((w) => w.atMs <= nowMs - windowMs);
  const wishes = past.wishes.slice(Math.max(0, begun));
  const changes = past.changes.filter((c) => c.atMs > nowMs - periodMs);
  return {
    wishes: wishes.at(-1)?.replicas === wish ? wishes : [...wishes, { atMs: nowMs, replicas: wish }],
    changes: to === from || periodMs === 0 ? changes : [...changes, { atMs: nowMs, by: to - from }],
  };
}

function stabilized(
  wish: number,
  current: number,
  { wishes }: Past,
  rules: ScalingRules,
  nowMs: number,
  up: boolean,
): number {
  const fromMs = nowMs - rules.stabilizationWindowMs;
  const inForce = wishes.filter(
    (w, i) => w.atMs > fromMs || (wishes[i + 1]?.atMs ?? Number.POSITIVE_INFINITY) > fromMs,
  );
  const all = [wish, ...inForce.map((w) => w.replicas)];
  if (rules.stabilizationWindowMs === 0) return wish;
  return up ? Math.max(current, Math.min(...all)) : Math.min(current, Math.max(...all));
}

function upLimit(current: number, past: Past, rules: ScalingRules, nowMs: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = rules.policies.map(({ type, value, periodMs }) => {
    const begun = current - changed(past, periodMs, nowMs, 1);
    return type === 'Pods' ? begun + value : Math.ceil(begun * (1 + value / 100));
  });
  if (limits.length === 0) return Number.POSITIVE_INFINITY;
  // A share of nothing is nothing: the first pod is always allowed.
  return Math.max(1, current, rules.selectPolicy === 'Max' ? Math.max(...limits) : Math.min(...limits));
}

function downLimit(current: number, past: Past, rules: ScalingRules, nowMs: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = rules.policies.map(({ type, value, periodMs }) => {
    const begun = current + changed(past, periodMs, nowMs, -1);
    return type === 'Pods' ? begun - value : Math.floor(begun * (1 - value / 100));
  });
  if (limits.length === 0) return 0;
  return Math.min(current, rules.selectPolicy === 'Max' ? Math.min(...limits) : Math.max(...limits));
}

/** Pods added (`sign` 1) or taken away (-1) within the period. */
const changed = ({ changes }: Past, periodMs: number, nowMs: number, sign: 1 | -1): number =>
  changes.filter((c) => c.atMs > nowMs - periodMs && c.by * sign > 0).reduce((sum, c) => sum + Math.abs(c.by), 0);
