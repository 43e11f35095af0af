// Looking at something again and again, beside a scenario, until it is stopped.
import { eventually } from './eventually.ts';

export interface Looking {
  /** After one more look. Rejects when looks failed to the end. */
  stop(): Promise<void>;
}

const atMostMs = 10 * 60_000;

export function keepLooking(everyMs: number, look: () => Promise<void>): Looking {
  const stopped = new AbortController();
  const isStopped = () => stopped.signal.aborted;
  const looking = eventually('it is stopped', { withinMs: atMostMs, everyMs }, look, isStopped);
  // Awaited at `stop`; must not end the process before.
  looking.catch(() => {});
  return {
    stop: () => {
      stopped.abort();
      return looking;
    },
  };
}
