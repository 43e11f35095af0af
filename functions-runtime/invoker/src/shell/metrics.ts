/** The invoker's metrics for Prometheus: mostly what the report says, read when scraped. */
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { InvokerContract } from '#contract/invoker-contract.ts';
import type { InvokerReport } from '#contract/invoker-report.ts';

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** How long the function had a call, and what came of it. */
  onCall(kind: string, busyMs: number): void;
}

interface Figure {
  readonly name: string;
  readonly help: string;
  read(report: InvokerReport): number;
}

const counters: readonly Figure[] = [
  { name: 'headrace_records_consumed_total', help: 'Visible records fetched', read: (r) => r.recordsIn },
  {
    name: 'headrace_records_settled_total',
    help: 'Records acked, dead-lettered or dropped',
    read: (r) => r.recordsSettled,
  },
  { name: 'headrace_outputs_written_total', help: 'Outputs acknowledged by Kafka', read: (r) => r.outputsWritten },
  {
    name: 'headrace_dead_letters_written_total',
    help: 'Dead letters acknowledged by Kafka',
    read: (r) => r.deadLettersWritten,
  },
  { name: 'headrace_calls_done_total', help: 'Calls that ended in a verdict', read: (r) => r.callsDone },
  { name: 'headrace_out_of_range_total', help: 'Positions that the log did not hold', read: (r) => r.outOfRange.count },
  { name: 'headrace_out_of_range_skipped_total', help: 'Records skipped thereby', read: (r) => r.outOfRange.skipped },
];

const gauges: readonly Figure[] = [
  { name: 'headrace_assigned_partitions', help: 'Partitions owned', read: (r) => r.ownedPartitions.length },
  { name: 'headrace_open_calls', help: 'Calls sent or waiting for a pod', read: (r) => r.openCalls },
  { name: 'headrace_buffered_bytes', help: 'Bytes of records not yet settled', read: (r) => r.bufferedBytes },
  { name: 'headrace_waiting_retries', help: 'Retries that wait for their time', read: (r) => r.waitingRetries },
  {
    name: 'headrace_blocked_partitions',
    help: 'Partitions that wait for somebody to decide',
    read: (r) => r.blocked.length,
  },
  {
    name: 'headrace_guarded_partitions',
    help: 'Partitions whose first call waits for one of the last owner',
    read: (r) => r.guardedPartitions.length,
  },
  {
    name: 'headrace_function_available',
    help: '1 while the function can be asked',
    read: (r) => Number(r.functionAvailable),
  },
];

const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createMetrics(contract: InvokerContract, report: () => InvokerReport): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({
    namespace: contract.binding.namespace,
    binding: contract.binding.name,
    function: contract.function.name,
    topic: contract.source.topic,
  });
  const registers = [registry];
  for (const { name, help, read } of counters) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(report()));
      },
    });
  }
  for (const { name, help, read } of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(report()));
      },
    });
  }
  const calls = new Histogram({
    name: 'headrace_invocation_duration_seconds',
    help: 'How long the function had a call',
    labelNames: ['kind'],
    buckets: durationBuckets,
    registers,
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    onCall: (kind, busyMs) => calls.observe({ kind }, busyMs / 1000),
  };
}
