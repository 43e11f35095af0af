/** How long to wait before the next try: exponential, with jitter, bounded. */

export interface BackoffSettings {
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
}

/** Between half and the whole of `initialBackoffMs` × 2^(tries-1), at most `maxBackoffMs`; `tries` counts from 1. */
export function backoffMs(settings: BackoffSettings, tries: number, random: () => number): number {
  const doublings = Math.min(Math.max(tries, 1) - 1, 40);
  const wholeMs = Math.min(settings.initialBackoffMs * 2 ** doublings, settings.maxBackoffMs);
  return Math.ceil(wholeMs * (0.5 + 0.5 * random()));
}
