/** From the Unix time of brokers and logs to the monotonic time of the processes. */
import type { ClockPair } from './history.ts';

export interface Clock {
  /** By the pair nearest in time, so that a clock that is being set does little harm. */
  monotonicMs(unixMs: number): number;
}

export function clockOf(pairs: readonly ClockPair[]): Clock {
  const sorted = [...pairs].sort((a, b) => a.unixMs - b.unixMs);
  return {
    monotonicMs(unixMs) {
      let low = 0;
      let high = sorted.length - 1;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const [here, next] = [sorted[middle]!, sorted[middle + 1]!];
        if (Math.abs(here.unixMs - unixMs) <= Math.abs(next.unixMs - unixMs)) high = middle;
        else low = middle + 1;
      }
      const pair = sorted[low];
      return pair === undefined ? unixMs : unixMs - pair.unixMs + pair.atMs;
    },
  };
}
