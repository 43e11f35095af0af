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
  let waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | null = null;
  let running = false;
  let stopped = false;
  /** A binding whose sample still hangs from an earlier round is not asked again: requests never pile up. */
  const hanging = new Set<string>();

  async function sampleInTime(binding: ScoutBinding): Promise<BindingSample> {
    const late: BindingSample = {
      uid: binding.uid,
      atMs: options.now(),
      outcome: {
        kind: 'failed',
        reason: 'BrokerUnreachable',
        message: `no answer from ${binding.bootstrapServers.join(', ')} within ${options.bindingTimeoutMs} ms`,
      },
    };
    if (hanging.has(binding.uid)) return late;
    hanging.add(binding.uid);
    const sampled = options.sample(binding).finally(() => hanging.delete(binding.uid));
    let timeout: NodeJS.Timeout | undefined;
    const expired = new Promise<BindingSample>((resolve) => {
      timeout = setTimeout(() => resolve({ ...late, atMs: options.now() }), options.bindingTimeoutMs);
    });
    try {
      return await Promise.race([sampled, expired]);
    } catch (error) {
      return {
        uid: binding.uid,
        atMs: options.now(),
        outcome: { kind: 'failed', reason: 'SampleFailed', message: String(error) },
      };
    } finally {
      clearTimeout(timeout);
    }
  }

  async function round(): Promise<void> {
    if (running || stopped || document === null) return;
    running = true;
    const queue = [...document.bindings];
    const samples: BindingSample[] = [];
    const worker = async (): Promise<void> => {
      for (let binding = queue.shift(); binding !== undefined; binding = queue.shift())
        samples.push(await sampleInTime(binding));
    };
    await Promise.all(Array.from({ length: Math.min(options.concurrency, queue.length) }, worker));
    running = false;
    const watched = new Set(document.bindings.map((b) => b.uid));
    answer = { sequence: answer.sequence + 1, samples: samples.filter((s) => watched.has(s.uid)) };
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
