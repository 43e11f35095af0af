/** How long and how often a request to Kafka is tried again. */
import type { KafkaFailure, KafkaOutcome } from './ports.ts';

export interface Patience {
  /** No new try is begun after this. */
  readonly timeoutMs: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

export const usualPatience: Patience = { timeoutMs: 15_000, firstDelayMs: 20, maxDelayMs: 1_000 };

/** Delay before try `attempt` + 1 (the first try is 1): doubling, capped, between half and all of it. `chance` in [0, 1). */
export function delayMs(attempt: number, patience: Patience, chance: number): number {
  const full = Math.min(patience.maxDelayMs, patience.firstDelayMs * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + (full / 2) * chance;
}

/** Which of failures in a row are told: what passes by itself when it begins to last, what does not at once; and then again at times. */
export const toldAt = (failures: number, mayPass: boolean): boolean =>
  failures === (mayPass ? 3 : 1) || failures % 20 === 0;

/** Resolves after `ms`, or at once when `signal` is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.resolve();
  const done = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', done);
    resolve();
  };
  const timer = setTimeout(done, ms);
  signal?.addEventListener('abort', done);
  return promise;
}

/** Repeats `attempt` while it fails in a way that may pass; gives the last outcome when time is up or `signal` is aborted. */
export async function withPatience<T>(
  attempt: () => Promise<KafkaOutcome<T>>,
  patience: Patience,
  signal?: AbortSignal,
  mayPass: (failure: KafkaFailure) => boolean = ({ retriable }) => retriable,
): Promise<KafkaOutcome<T>> {
  const giveUpAt = performance.now() + patience.timeoutMs;
  for (let tries = 1; ; tries += 1) {
    const outcome = await attempt();
    if (outcome.kind === 'ok' || !mayPass(outcome) || signal?.aborted) return outcome;
    const delay = delayMs(tries, patience, Math.random());
    if (performance.now() + delay >= giveUpAt) return outcome;
    await pause(delay, signal);
  }
}
