/** Workers that take keys from a queue and reconcile them, one key at a time, until it is closed. */
import type { WorkQueue } from './work-queue.ts';

/** What came of one reconciliation. */
export type Outcome =
  /** Nothing to do until something changes. */
  | { readonly kind: 'done' }
  /** Look again after so long even if nothing changes. */
  | { readonly kind: 'again'; readonly afterMs: number }
  /** Not all could be done: again after a growing wait. */
  | { readonly kind: 'failed'; readonly message: string };

export interface Finished {
  readonly key: string;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** The wait until it is tried again; only after a failure. */
  readonly retryMs?: number;
  /** It threw: a bug, told apart from what can be expected to fail. */
  readonly thrown?: unknown;
}

export interface ControllerOptions {
  readonly queue: WorkQueue;
  readonly workers: number;
  readonly reconcile: (key: string) => Promise<Outcome>;
  readonly onFinished: (finished: Finished) => void;
  readonly nowMs: () => number;
}

export interface Controller {
  /** When the oldest reconciliation that is still going on began (`nowMs`); undefined when all are idle. */
  readonly busySinceMs: number | undefined;
  /** Closes the queue and waits for what is being worked on. */
  stop(): Promise<void>;
}

export function startController(options: ControllerOptions): Controller {
  const busy = new Map<number, number>();
  const workers = Array.from({ length: options.workers }, (_, worker) => work(options, busy, worker));
  return {
    get busySinceMs() {
      return busy.size === 0 ? undefined : Math.min(...busy.values());
    },
    async stop() {
      options.queue.close();
      await Promise.all(workers);
    },
  };
}

async function work(options: ControllerOptions, busy: Map<number, number>, worker: number): Promise<void> {
  for (;;) {
    const key = await options.queue.take();
    if (key === undefined) return;
    const startedMs = options.nowMs();
    busy.set(worker, startedMs);
    const { outcome, thrown } = await attempt(options, key);
    busy.delete(worker);
    const retryMs = settle(options.queue, key, outcome);
    options.queue.done(key);
    options.onFinished({
      key,
      outcome,
      durationMs: options.nowMs() - startedMs,
      ...(retryMs === undefined ? {} : { retryMs }),
      ...(thrown === undefined ? {} : { thrown }),
    });
  }
}

async function attempt(
  options: ControllerOptions,
  key: string,
): Promise<{ readonly outcome: Outcome; readonly thrown?: unknown }> {
  try {
    return { outcome: await options.reconcile(key) };
  } catch (thrown) {
    return { outcome: { kind: 'failed', message: String(thrown) }, thrown };
  }
}

function settle(queue: WorkQueue, key: string, outcome: Outcome): number | undefined {
  switch (outcome.kind) {
    case 'done':
      queue.forget(key);
      return undefined;
    case 'again':
      queue.forget(key);
      queue.addAfter(key, outcome.afterMs);
      return undefined;
    case 'failed':
      return queue.retry(key);
  }
}
