/** Real time for the loops: the one place where they meet the clock. */
import type { Timers } from './work-queue.ts';

export const realTimers: Timers = {
  nowMs: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
