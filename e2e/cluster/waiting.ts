// Waiting for a condition, with an end: what is asked, how often, and what to say when it never came true.
import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  readonly atMostMs: number;
  readonly everyMs: number;
}

/** What takes long is asked for less often: the asking, too, costs the machine. */
export const nextLookMs = (everyMs: number, tookMs: number): number => Math.min(everyMs + tookMs / 20, 100);

/** Asks until the answer is not undefined. The `explain` text goes into the error when time runs out. */
export async function until<T>(
  what: string,
  patience: Patience,
  ask: () => Promise<T | undefined> | T | undefined,
  explain: () => Promise<string> | string = () => '',
): Promise<T> {
  const deadlineMs = performance.now() + patience.atMostMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadlineMs) {
      const detail = await explain();
      throw new Error(`${what}: not within ${patience.atMostMs / 1000} s${detail ? `\n${detail}` : ''}`);
    }
    await pause(patience.everyMs);
  }
}
