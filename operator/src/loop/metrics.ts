/** The operator's metrics: what it reconciled, wrote, watched, decided, and how the process is. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';

/** Whose key it was. */
export type Kind = 'function' | 'binding' | 'scout';

export interface Metrics {
  reconciled(kind: Kind, outcome: string, durationMs: number): void;
  /** A request to the API server that changed something or was to; `outcome`: `ok` or the failure's code. */
  wrote(verb: 'apply' | 'status' | 'remove' | 'event', kind: string, outcome: string): void;
  watchFailed(resource: string): void;
  /** An Event that was not sent because too many were. */
  eventDropped(): void;
  /** A decision about replicas that changed something. */
  decided(kind: 'function' | 'binding', direction: 'up' | 'down'): void;
  polledInvoker(outcome: 'ok' | 'failed'): void;
  text(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** `depth`: keys that wait for a worker now. */
export function createMetrics(depth: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const reconciliation = new Histogram({
    name: 'headrace_operator_reconcile_seconds',
    help: 'Duration of reconciliations by kind and outcome.',
    labelNames: ['kind', 'outcome'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  new Gauge({
    name: 'headrace_operator_queue_depth',
    help: 'Keys that are due and wait for a worker.',
    registers,
    collect() {
      this.set(depth());
    },
  });
  const writes = counter('headrace_operator_writes_total', 'Writes to the API server by outcome.', [
    'verb',
    'kind',
    'outcome',
  ]);
  const watches = counter('headrace_operator_watch_failures_total', 'Lists or watches that failed.', ['resource']);
  const dropped = counter('headrace_operator_events_dropped_total', 'Events not sent because of their number.', []);
  const decisions = counter('headrace_operator_decisions_total', 'Changes of replicas decided.', ['kind', 'direction']);
  const polls = counter('headrace_operator_invoker_polls_total', 'Reports asked of invokers.', ['outcome']);

  function counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers });
  }
  return {
    reconciled: (kind, outcome, durationMs) => reconciliation.observe({ kind, outcome }, durationMs / 1000),
    wrote: (verb, kind, outcome) => writes.inc({ verb, kind, outcome }),
    watchFailed: (resource) => watches.inc({ resource }),
    eventDropped: () => dropped.inc(),
    decided: (kind, direction) => decisions.inc({ kind, direction }),
    polledInvoker: (outcome) => polls.inc({ outcome }),
    text: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
