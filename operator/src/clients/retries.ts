/** Repeats an idempotent request while its failure may pass by itself, a bounded number of times, as the server asks. */
import type { KubeResult } from './kube-failure.ts';

export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  /** In [0, 1). */
  readonly chance: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export async function withRetries<T>(
  policy: RetryPolicy,
  attempt: () => Promise<KubeResult<T>>,
): Promise<KubeResult<T>> {
  for (let made = 1; ; made += 1) {
    const result = await attempt();
    if (result.kind === 'ok' || !result.retriable || made >= policy.maxAttempts) return result;
    const step = Math.min(policy.maxBackoffMs, policy.initialBackoffMs * 2 ** (made - 1));
    const jittered = step * (0.5 + policy.chance() / 2);
    // A server that asks for more patience than we have here gets it from the work queue's backoff.
    await policy.sleep(Math.min(policy.maxBackoffMs, Math.max(jittered, result.retryAfterMs ?? 0)));
  }
}
