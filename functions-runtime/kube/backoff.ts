/** How long to wait before the next try: exponential, bounded, jittered so that many watchers do not come back at once. */

export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** `failures`: how many in a row (1 = the first). `chance`: in [0, 1). Between a half and the whole of the exponential step. */
export function backoffMs(backoff: Backoff, failures: number, chance: number): number {
  const step = Math.min(backoff.maxMs, backoff.initialMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(step * (0.5 + chance / 2));
}
