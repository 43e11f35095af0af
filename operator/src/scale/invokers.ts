// How many invokers a binding should have, and why. Every change moves partitions, so a change must pay for its hand-over. Pure.
//
//   asleep        0; the first work wakes as many as it needs
//   too few       what comes and what is owed is above 90 % of what they can move: as many as need 75 % for it, at once, in one hand-over
//   too many      for five minutes half of them would have done: as many as that
//   in between    they stay; and within a minute of a change there is no other
import type { BindingFacts, BindingPolicy } from './decide.ts';
import { patienceMs } from './load.ts';

export interface InvokerFacts extends Pick<BindingFacts, 'known' | 'work' | 'arrival' | 'partitions' | 'invokers'> {
  /** True: nothing to do for the idle timeout, or suspended. */
  readonly idle: boolean;
  /** Records per second that one of them can move. */
  readonly capacity: number;
}

export interface InvokerPast {
  readonly changedMs: number | null;
  /** Since when half of them would do; null: they would not. */
  readonly spareSinceMs: number | null;
}

export const noInvokerPast: InvokerPast = { changedMs: null, spareSinceMs: null };

export interface InvokerDecision {
  readonly invokers: number;
  readonly because: string;
  readonly past: InvokerPast;
}

/** Until it was seen: the modest end of what an invoker was measured to move at small batches (records/s). */
export const assumedCapacity = 10_000;
export const handOverEveryMs = 60_000;
export const spareForMs = 300_000;
const fullShare = 0.9;
const usedShare = 0.75;

export function decideInvokers(
  policy: Pick<BindingPolicy, 'minInvokers' | 'maxInvokers' | 'suspended'>,
  facts: InvokerFacts,
  past: InvokerPast,
  nowMs: number,
): InvokerDecision {
  const current = facts.invokers;
  const decide = (invokers: number, because: string, spareSinceMs: number | null = null): InvokerDecision => ({
    invokers,
    because: `${because} → ${invokers}`,
    past: { changedMs: invokers === current ? past.changedMs : nowMs, spareSinceMs },
  });
  if (policy.suspended) return decide(0, 'suspended');
  if (!facts.known) return decide(current, 'no sample');
  const most = facts.partitions > 0 ? Math.min(policy.maxInvokers, facts.partitions) : policy.maxInvokers;
  const bounded = (n: number): number => Math.min(most, Math.max(policy.minInvokers, n));
  if (facts.idle) return decide(bounded(0), 'nothing to do');

  const rate = facts.arrival + (facts.work * 1000) / patienceMs;
  const fitting = bounded(Math.max(1, Math.ceil(rate / (usedShare * facts.capacity) - 1e-9)));
  const words = `${Math.round(rate)} rec/s to move, one moves ${Math.round(facts.capacity)}`;
  if (current === 0) return decide(fitting, words);
  // Bounds of the spec hold whatever it costs.
  if (bounded(current) !== current) return decide(bounded(current), words);
  const rests = past.changedMs !== null && nowMs - past.changedMs < handOverEveryMs;
  if (rate > fullShare * facts.capacity * current && fitting > current) {
    return rests ? decide(current, `${words}, moved less than a minute ago`) : decide(fitting, words);
  }
  if (fitting > current / 2) return decide(current, words);
  const spareSinceMs = past.spareSinceMs ?? nowMs;
  const spare = nowMs - spareSinceMs >= spareForMs && !rests;
  return spare ? decide(fitting, `${words}, for five minutes`) : decide(current, words, spareSinceMs);
}
