/** The contract of a run: an ordered binding with dead letters and outputs, small times, so that faults and their ends come soon. */
import type { InvokerContract } from '../../functions-runtime/contract/invoker-contract.ts';

export interface ContractWish {
  /** Calls that one host takes at a time. */
  readonly concurrency?: number;
  readonly maxAttempts?: number;
  readonly maxRecords?: number;
  readonly callTimeoutMs?: number;
  readonly maxResponseBytes?: number;
  readonly maxBufferedBytes?: number;
  readonly initialBackoffMs?: number;
}

export interface Topics {
  readonly input: string;
  readonly output: string;
  readonly deadLetter: string;
}

export function contractOf(
  bootstrap: string,
  { input, output, deadLetter }: Topics,
  wish: ContractWish,
): InvokerContract {
  return {
    version: 1,
    binding: { namespace: 'faults', name: 'run', uid: input },
    function: {
      name: 'audited',
      serviceName: 'audited',
      kind: 'Host',
      timeoutMs: wish.callTimeoutMs ?? 2_000,
      concurrency: wish.concurrency ?? 16,
    },
    kafka: { bootstrapServers: [bootstrap] },
    source: { topic: input, consumerGroup: `group-${input}`, format: 'Auto', onOffsetOutOfRange: 'Stop' },
    ordering: 'Partition',
    batch: { maxRecords: wish.maxRecords ?? 20, maxBytes: 1_000_000, maxWaitMs: 0 },
    flow: {
      maxBufferedBytes: wish.maxBufferedBytes ?? 16_000_000,
      maxResponseBytes: wish.maxResponseBytes ?? 4_000_000,
      drainTimeoutMs: 5_000,
    },
    delivery: {
      retry: {
        maxAttempts: wish.maxAttempts ?? 5,
        initialBackoffMs: wish.initialBackoffMs ?? 20,
        maxBackoffMs: 300,
        maxAgeMs: 600_000,
      },
      onExhausted: 'DeadLetter',
      deadLetterTopic: deadLetter,
    },
    output: { topic: output, key: 'Source', contentMode: 'Binary', routes: [] },
  };
}
