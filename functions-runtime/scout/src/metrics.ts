// The scout's metrics, in Prometheus' words.
import { Counter, Gauge, Registry } from '@prometheus-io/client';
import type { BindingSample, ScoutBinding } from '#contract/scout.ts';

export interface ScoutMetrics {
  sampled(binding: Named, sample: BindingSample): void;
  /** Bindings that are named no more owe nothing. */
  keepOnly(bindings: readonly Named[]): void;
  /** How many bindings are watched now. */
  watching(bindings: number): void;
  /** A record of a watched binding was told. */
  woken(): void;
  text(): Promise<string>;
}

type Named = Pick<ScoutBinding, 'name'>;

export function createMetrics(): ScoutMetrics {
  const registry = new Registry();
  const registers = [registry];
  const samples = new Counter({
    name: 'headrace_scout_samples_total',
    help: 'Samples of a binding, by outcome (sampled, or why it failed)',
    labelNames: ['outcome'],
    registers,
  });
  const ofBinding = { labelNames: ['binding'] as const, registers };
  const lag = new Gauge({
    name: 'headrace_scout_lag_records',
    help: 'Records of the binding to be done',
    ...ofBinding,
  });
  const delay = new Gauge({
    name: 'headrace_scout_delay_seconds',
    help: 'Age of the oldest record to be done, as far as samples saw it come; 0 without lag, NaN while unknown',
    ...ofBinding,
  });
  const wakes = new Counter({
    name: 'headrace_scout_wakes_total',
    help: 'First records of quiet bindings that were told between two samples',
    registers,
  });
  const watched = new Gauge({
    name: 'headrace_scout_watched_bindings',
    help: 'Quiet bindings whose first record is told at once',
    registers,
  });
  const known = new Set<string>();
  return {
    sampled({ name: binding }, { outcome }) {
      samples.inc({ outcome: outcome.kind === 'sampled' ? 'sampled' : outcome.reason });
      if (outcome.kind !== 'sampled') return;
      known.add(binding);
      lag.set(
        { binding },
        outcome.partitions.reduce((sum, p) => sum + p.lag, 0),
      );
      delay.set({ binding }, outcome.delayMs === null ? Number.NaN : outcome.delayMs / 1000);
    },
    keepOnly(bindings) {
      const named = new Set(bindings.map(({ name }) => name));
      for (const binding of known) {
        if (named.has(binding)) continue;
        known.delete(binding);
        for (const gauge of [lag, delay]) gauge.remove({ binding });
      }
    },
    watching: (bindings) => watched.set(bindings),
    woken: () => wakes.inc(),
    text: () => registry.metrics(),
  };
}
