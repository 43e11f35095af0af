/** The contract of a measured binding: what the operator would write, with the defaults of the resources. */
import type { InvokerContract } from '#contract/invoker-contract.ts';

export interface ContractChoice {
  readonly bootstrap: string;
  readonly topic: string;
  readonly group: string;
  readonly concurrency: number;
  readonly batch: number;
}

const mebibyte = 1024 * 1024;
/** The default of `flow.maxBufferedBytes`. */
export const maxBufferedBytes = 64 * mebibyte;

export function contractOf({ bootstrap, topic, group, concurrency, batch }: ContractChoice): InvokerContract {
  return {
    version: 1,
    binding: { namespace: 'bench', name: 'bench', uid: group },
    function: { name: 'bench', serviceName: 'bench', kind: 'Host', timeoutMs: 30_000, concurrency },
    kafka: { bootstrapServers: [bootstrap] },
    source: { topic, consumerGroup: group, format: 'Auto', onOffsetOutOfRange: 'Stop' },
    ordering: 'Partition',
    batch: { maxRecords: batch, maxBytes: mebibyte, maxWaitMs: 0 },
    flow: { maxBufferedBytes, maxResponseBytes: 6 * mebibyte, drainTimeoutMs: 20_000 },
    delivery: {
      retry: { maxAttempts: 10, initialBackoffMs: 300, maxBackoffMs: 60_000, maxAgeMs: 21_600_000 },
      onExhausted: 'Block',
    },
  };
}
