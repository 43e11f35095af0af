// The scout's metrics, in Prometheus' words.
import { Counter, Gauge, Registry } from '@prometheus-io/client';
import type { BindingSample } from '#contract/scout.ts';

export interface ScoutMetrics {
  sampled(sample: BindingSample): void;
  /** Bindings that are named no more owe nothing. */
  keepOnly(uids: ReadonlySet<string>): void;
  /** How many bindings are watched now. */
  watching(bindings: number): void;
  /** A record of a watched binding was told. */
  woken(): void;
  text(): Promise<string>;
}

export function createMetrics(): ScoutMetrics {
  const registry = new Registry();
  const samples = new Counter({
    name: 'headrace_scout_samples_total',
    help: 'Samples of a binding, by outcome (sampled, or why it failed)',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const lag = new Gauge({
    name: 'headrace_scout_lag_records',
    help: 'Records to be done, over all bindings of the namespace',
    registers: [registry],
  });
  const wakes = new Counter({
    name: 'headrace_scout_wakes_total',
    help: 'First records of quiet bindings that were told between two samples',
    registers: [registry],
  });
  const watched = new Gauge({
    name: 'headrace_scout_watched_bindings',
    help: 'Quiet bindings whose first record is told at once',
    registers: [registry],
  });
  const lags = new Map<string, number>();
  const sumLags = (): void => lag.set([...lags.values()].reduce((sum, n) => sum + n, 0));
  return {
    sampled({ uid, outcome }) {
      samples.inc({ outcome: outcome.kind === 'sampled' ? 'sampled' : outcome.reason });
      if (outcome.kind !== 'sampled') return;
      lags.set(
        uid,
        outcome.partitions.reduce((sum, p) => sum + p.lag, 0),
      );
      sumLags();
    },
    keepOnly(uids) {
      for (const uid of lags.keys()) if (!uids.has(uid)) lags.delete(uid);
      sumLags();
    },
    watching: (bindings) => watched.set(bindings),
    woken: () => wakes.inc(),
    text: () => registry.metrics(),
  };
}
