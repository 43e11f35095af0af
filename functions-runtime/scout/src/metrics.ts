// The scout's metrics, in Prometheus' words.
import { Counter, Gauge, Registry } from '@prometheus-io/client';
import type { BindingSample } from '#contract/scout.ts';

export interface ScoutMetrics {
  sampled(sample: BindingSample): void;
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
  const lags = new Map<string, number>();
  return {
    sampled({ uid, outcome }) {
      samples.inc({ outcome: outcome.kind === 'sampled' ? 'sampled' : outcome.reason });
      if (outcome.kind !== 'sampled') return;
      lags.set(
        uid,
        outcome.partitions.reduce((sum, p) => sum + p.lag, 0),
      );
      lag.set([...lags.values()].reduce((sum, n) => sum + n, 0));
    },
    text: () => registry.metrics(),
  };
}
