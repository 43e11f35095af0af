// Whether pods that were added made the lag fall: where they did not, more are not added, and it is said what was tried. Pure.

/** What is seen of a function's bindings together. */
export interface Seen {
  /** Pods that take calls. */
  readonly ready: number;
  /** Records that are owed. */
  readonly work: number;
  /** Records per second that were done. */
  readonly done: number;
}

export interface Progress {
  /** The newest increase, and how things stood before it. */
  readonly trial: { readonly atMs: number; readonly before: Seen; readonly replicas: number } | null;
  /** Since when more pods are known not to help, and what was tried. */
  readonly stuck: {
    readonly sinceMs: number;
    readonly replicas: number;
    readonly work: number;
    readonly tried: string;
  } | null;
  /** Since when there are as many pods as there can be, and what was owed then. */
  readonly full: { readonly sinceMs: number; readonly work: number; readonly tried: string | null } | null;
}

export const noProgress: Progress = { trial: null, stuck: null, full: null };

/** Pods that were added have this long, once all are ready, to show. */
export const trialMs = 60_000;
/** After this another increase is tried. */
export const retryMs = 600_000;
/** The share of what the added pods promised that counts as help. */
const helped = 0.25;
/** Lag that fell to this share of itself is falling. */
const fallen = 0.9;

/** Pods beyond which more are known not to help. */
export const usefulPods = ({ stuck }: Progress): number => stuck?.replicas ?? Number.POSITIVE_INFINITY;

/** What was tried against a lag that does not fall; null: it falls, or it is too early to tell. */
export const notFalling = ({ stuck, full }: Progress): string | null => stuck?.tried ?? full?.tried ?? null;

/** Pods before and after a decision, and the most that there could be. */
export interface Decided {
  readonly from: number;
  readonly to: number;
  readonly most: number;
}

/** `now` is how things stood when it was decided. */
export function withDecision(progress: Progress, now: Seen, { from, to, most }: Decided, nowMs: number): Progress {
  const { trial, stuck } = judged(progress, now, nowMs);
  return {
    stuck,
    trial: nextTrial(trial, now, from, to, nowMs),
    full: to < most || now.work === 0 ? null : fullSince(progress, now, nowMs),
  };
}

function nextTrial(trial: Progress['trial'], now: Seen, from: number, to: number, nowMs: number): Progress['trial'] {
  // Increases that follow one another are one trial, which begins anew with each; from none to some is none.
  if (to > from) return from === 0 ? null : { atMs: nowMs, before: trial?.before ?? now, replicas: to };
  return trial !== null && to >= trial.replicas ? trial : null;
}

/** Begins anew whenever the lag is lower than it began. */
function fullSince({ full }: Progress, { work, ready }: Seen, nowMs: number): Progress['full'] {
  if (full === null || work < full.work) return { sinceMs: nowMs, work, tried: null };
  if (full.tried !== null || nowMs - full.sinceMs < trialMs || work === full.work) return full;
  const tried = `with ${ready} pods, as many as maxReplicas and the partitions with work allow, lag went from ${full.work} to ${work} records`;
  return { ...full, tried };
}

function judged({ trial, stuck }: Progress, now: Seen, nowMs: number): Pick<Progress, 'trial' | 'stuck'> {
  if (stuck !== null) {
    const isOver = now.work <= stuck.work * fallen || nowMs - stuck.sinceMs >= retryMs;
    return { trial: null, stuck: isOver ? null : stuck };
  }
  if (trial === null) return { trial, stuck };
  if (now.work <= trial.before.work * fallen) return { trial: null, stuck };
  if (now.ready < trial.replicas) return { trial: { ...trial, atMs: nowMs }, stuck };
  if (nowMs - trial.atMs < trialMs) return { trial, stuck };
  const { before, replicas } = trial;
  const promised = before.done * (replicas / Math.max(1, before.ready) - 1);
  const gained = now.done - before.done;
  if (gained > 0 && gained >= helped * promised) return { trial: null, stuck };
  const tried =
    `from ${before.ready} to ${replicas} pods lag went from ${before.work} to ${now.work} records, ` +
    `and ${Math.round(now.done)} instead of ${Math.round(before.done)} rec/s were done`;
  return { trial: null, stuck: { sinceMs: nowMs, replicas, work: now.work, tried } };
}
