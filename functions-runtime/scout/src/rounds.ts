// Sampling rounds: every period all bindings of the document once, side by side within a bound; who waits for a round is answered.
import type { BindingSample, SamplesAnswer, ScoutBinding, ScoutDocument } from '#contract/scout.ts';

export interface RoundsOptions {
  readonly periodMs: number;
  /** A binding that does not answer within this is a failed sample: one dead broker holds up nobody else. */
  readonly bindingTimeoutMs: number;
  readonly concurrency: number;
  readonly sample: (binding: ScoutBinding) => Promise<BindingSample>;
  readonly now: () => number;
}

export interface Rounds {
  /** The document in force, or null before the first. */
  readonly document: ScoutDocument | null;
  watch(document: ScoutDocument): void;
  /** The samples of the first round with a sequence above `after`, or the newest ones after `waitMs`. */
  next(after: number, waitMs: number): Promise<SamplesAnswer>;
  stop(): void;
}

export function startRounds(options: RoundsOptions): Rounds {
  let document: ScoutDocument | null = null;
  let answer: SamplesAnswer = { sequence: 0, samples: [] };
  let fresh: BindingSample[] = [];
  let waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  /** Bindings whose sample is under way: they are not asked again, requests never pile up. */
  const asking = new Set<ScoutBinding>();

  async function ask(binding: ScoutBinding, asked: ScoutDocument): Promise<void> {
    asking.add(binding);
    const sample = await sampleInTime(binding, options);
    asking.delete(binding);
    // A sample answers for the document that it was taken for, and for no other.
    if (document === asked) fresh.push(sample);
  }

  /** Every binding once, side by side; ends when all have answered or the period is over. Who is late comes with a later round. */
  async function round(): Promise<void> {
    const asked = document;
    if (asked === null) return;
    const queue = asked.bindings.filter((b) => !asking.has(b));
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await ask(next, asked);
    };
    const all = Promise.all(Array.from({ length: Math.min(options.concurrency, queue.length) }, worker));
    await withinMs(all, options.periodMs);
    if (document === asked && fresh.length > 0) publish();
  }

  function publish(): void {
    answer = { sequence: answer.sequence + 1, samples: fresh };
    fresh = [];
    const answered = waiting;
    waiting = [];
    for (const wake of answered) wake();
  }

  const startedMs = options.now();
  async function loop(): Promise<void> {
    await round();
    if (stopped) return;
    // On a fixed grid, so that a slow round does not stretch the period.
    const dueMs = startedMs + Math.ceil((options.now() - startedMs + 1) / options.periodMs) * options.periodMs;
    timer = setTimeout(() => void loop(), dueMs - options.now());
  }
  void loop();

  return {
    get document() {
      return document;
    },
    watch(next) {
      document = next;
      answer = { sequence: 0, samples: [] };
      fresh = [];
      void round();
    },
    async next(after, waitMs) {
      if (answer.sequence > after) return answer;
      let timeout: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        timeout = setTimeout(resolve, waitMs);
      });
      clearTimeout(timeout);
      return answer;
    },
    stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      for (const wake of waiting) wake();
      waiting = [];
    },
  };
}

/** The binding's sample, or a failed one when it does not come in time or the sampler breaks. */
async function sampleInTime(
  binding: ScoutBinding,
  { sample, bindingTimeoutMs, now }: RoundsOptions,
): Promise<BindingSample> {
  const failed = (reason: 'BrokerUnreachable' | 'SampleFailed', message: string): BindingSample => ({
    uid: binding.uid,
    atMs: now(),
    outcome: { kind: 'failed', reason, message },
  });
  try {
    const late = `no answer from ${binding.bootstrapServers.join(', ')} within ${bindingTimeoutMs} ms`;
    return (await withinMs(sample(binding), bindingTimeoutMs)) ?? failed('BrokerUnreachable', late);
  } catch (error) {
    return failed('SampleFailed', String(error));
  }
}

/** What `work` gives, or undefined when it takes longer; it goes on, unheard. */
async function withinMs<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
