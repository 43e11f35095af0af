/** What the core needs to know of a binding, derived from the contract document. */
import type { InvokerContract, OnExhausted } from '#contract/invoker-contract.ts';

export interface CoreSettings {
  /** A call takes at most so many records and bytes; `maxWaitMs` 0: it goes as soon as the lane is idle. */
  readonly batch: { readonly maxRecords: number; readonly maxBytes: number; readonly maxWaitMs: number };
  /** Bound on the bytes of all records that are here and not settled (D9). */
  readonly maxBufferedBytes: number;
  readonly callTimeoutMs: number;
  readonly retry: {
    readonly maxAttempts: number;
    readonly initialBackoffMs: number;
    readonly maxBackoffMs: number;
    /** Counted from the first failed attempt of a record. */
    readonly maxAgeMs: number;
  };
  readonly onExhausted: OnExhausted;
  /** While everything fails nothing is given up for so long after the first failure; not longer than `maxAgeMs`. */
  readonly patienceMs: number;
  /** False: what the function returns is not published. */
  readonly publishes: boolean;
  /** In [0, 1): the only chance in the core, given from outside so that a run can be repeated. */
  readonly random: () => number;
}

export function coreSettings(
  contract: Pick<InvokerContract, 'batch' | 'flow' | 'delivery' | 'function' | 'output'>,
  patienceMs: number,
  random: () => number,
): CoreSettings {
  return {
    batch: contract.batch,
    maxBufferedBytes: contract.flow.maxBufferedBytes,
    callTimeoutMs: contract.function.timeoutMs,
    retry: contract.delivery.retry,
    onExhausted: contract.delivery.onExhausted,
    patienceMs,
    publishes: contract.output !== undefined,
    random,
  };
}
