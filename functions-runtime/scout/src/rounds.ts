// Sampling rounds: every period the bindings whose turn it is, all in one turn; who waits for a round is answered.
import type { BindingSample, SamplesAnswer, ScoutBinding, ScoutDocument } from '#contract/scout.ts';

export interface RoundsOptions {
  readonly periodMs: number;
  /** A binding that does not answer within this is a failed sample: one dead broker holds up nobody else. */
  readonly bindingTimeoutMs: number;
  /** All bindings of a round are asked in one turn, so that what they ask brokers for is asked together. Each answers on its own. */
  readonly sampleAll: (bindings: readonly ScoutBinding[]) => ReadonlyMap<ScoutBinding, Promise<BindingSample>>;
  /** Whether the binding's turn is in this round, counted from 1. */
  readonly isDue: (binding: ScoutBinding, round: number) => boolean;
  /** What of a sample is to be told; null: nothing of it yet. */
  readonly sampled: (binding: ScoutBinding, sample: BindingSample) => BindingSample | null;
  readonly onRoundEnd: () => void;
  readonly now: () => number;
}

export interface Rounds {
  /** The document in force, or null before the first. */
  readonly document: ScoutDocument | null;
  watch(document: ScoutDocument): void;
  /** Of each binding the newest sample told after number `after`, as soon as there is one; none after `waitMs`. */
  next(after: number, waitMs: number): Promise<SamplesAnswer>;
  /** Tells a sample now, between two rounds, and looks at once how much more there is. */
  tell(sample: BindingSample): void;
  stop(): void;
}

export function startRounds(options: RoundsOptions): Rounds {
  let document: ScoutDocument | null = null;
  /** Counts what was told, and never begins anew: who has heard up to a number is answered what came after it. */
  let sequence = 0;
  /** Of each binding the newest, with its number. */
  const told = new Map<string, { readonly sample: BindingSample; readonly sequence: number }>();
  let fresh: BindingSample[] = [];
  let waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let count = 0;
  /** Bindings whose sample is under way: they are not asked again, requests never pile up. */
  const asking = new Set<ScoutBinding>();
  /** Of whom something was told while their sample was under way: it is older than what was told. */
  const overtaken = new Set<string>();

  async function take(binding: ScoutBinding, asked: ScoutDocument, coming: Promise<BindingSample>): Promise<void> {
    asking.add(binding);
    const sample = await sampleInTime(binding, coming, options);
    asking.delete(binding);
    // A sample answers for the document that it was taken for, and for no other.
    if (overtaken.delete(binding.uid) || document !== asked) return;
    const worthTelling = options.sampled(binding, sample);
    if (worthTelling !== null) fresh.push(worthTelling);
  }

  async function takeAll(bindings: readonly ScoutBinding[], asked: ScoutDocument): Promise<void> {
    const coming = options.sampleAll(bindings);
    const notSampled = (): Promise<never> => Promise.reject(new Error('not sampled'));
    await Promise.all(bindings.map((b) => take(b, asked, coming.get(b) ?? notSampled())));
  }

  /** Every binding whose turn it is; ends when all have answered or the period is over. Who is late comes with a later round. */
  async function round(isFirst: boolean): Promise<void> {
    const asked = document;
    if (asked === null) return;
    count += 1;
    const due = asked.bindings.filter((b) => !asking.has(b) && (isFirst || options.isDue(b, count)));
    await withinMs(takeAll(due, asked), options.periodMs);
    if (document !== asked) return;
    if (fresh.length > 0) publish();
    options.onRoundEnd();
  }

  /** Between two rounds. */
  async function lookAt(uid: string): Promise<void> {
    const asked = document;
    const binding = asked?.bindings.find((b) => b.uid === uid && !asking.has(b));
    if (asked === null || binding === undefined) return;
    await takeAll([binding], asked);
    if (document === asked && fresh.length > 0) publish();
  }

  function publish(): void {
    sequence += 1;
    for (const sample of fresh) told.set(sample.uid, { sample, sequence });
    fresh = [];
    const answered = waiting;
    waiting = [];
    for (const wake of answered) wake();
  }

  const startedMs = options.now();
  async function loop(): Promise<void> {
    await round(false);
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
      told.clear();
      overtaken.clear();
      fresh = [];
      void round(true);
    },
    async next(after, waitMs) {
      if (sequence <= after) {
        let timeout: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          timeout = setTimeout(resolve, waitMs);
        });
        clearTimeout(timeout);
      }
      const newer = [...told.values()].filter((one) => one.sequence > after);
      return { sequence, samples: newer.map(({ sample }) => sample) };
    },
    tell(sample) {
      if ([...asking].some(({ uid }) => uid === sample.uid)) overtaken.add(sample.uid);
      fresh.push(sample);
      publish();
      void lookAt(sample.uid);
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
  coming: Promise<BindingSample>,
  { bindingTimeoutMs, now }: RoundsOptions,
): Promise<BindingSample> {
  const failed = (reason: 'BrokerUnreachable' | 'SampleFailed', message: string): BindingSample => ({
    uid: binding.uid,
    atMs: now(),
    outcome: { kind: 'failed', reason, message },
  });
  try {
    const late = `no answer from ${binding.bootstrapServers.join(', ')} within ${bindingTimeoutMs} ms`;
    return (await withinMs(coming, bindingTimeoutMs)) ?? failed('BrokerUnreachable', late);
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
