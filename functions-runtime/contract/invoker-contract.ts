/** The document the operator writes and an invoker reads once at its start: one binding, fully resolved, durations in ms. */

export const contractVersion = 1;
/** Where the contract ConfigMap is mounted in the invoker pod, and its one key. */
export const contractFile = 'contract.json';
/** The key of the placement ConfigMap: how many invokers (ordinals 0 … N-1) shall own partitions. */
export const placementKey = 'invokers';
/** Its keys with what a person wishes for single records, as in `3:1042, 5:7` (partition and offset); absent: nothing. */
export const wishKeys = ['skip', 'retry'] as const;
const mostWishes = 100;

/** For exactly this record: skip it, or try it at once. Either means nothing unless it holds its partition. */
export interface Wish {
  readonly what: (typeof wishKeys)[number];
  readonly partition: number;
  readonly offset: number;
}

/** null: the text is not a list of positions. */
export function parseWishes(what: Wish['what'], text: string): readonly Wish[] | null {
  const parts = text.split(',').map((part) => /^\s*(\d{1,6}):(\d{1,16})\s*$/.exec(part));
  if (parts.length > mostWishes || parts.includes(null)) return null;
  const wishes = parts.map((found) => ({ what, partition: Number(found![1]), offset: Number(found![2]) }));
  // Rounded, it would be another record.
  return wishes.every(({ offset }) => Number.isSafeInteger(offset)) ? wishes : null;
}
/** Its name: the operator writes it, the invokers of the binding watch it. */
export const placementConfigMap = (bindingName: string): string => `${bindingName}-placement`;

export type RecordFormat = 'Auto' | 'CloudEvent' | 'Json' | 'Bytes';
export type ContentMode = 'Binary' | 'Structured';
export type OnExhausted = 'DeadLetter' | 'Block' | 'Drop';
export type OnOffsetOutOfRange = 'Earliest' | 'Stop';

export interface InvokerContract {
  readonly version: typeof contractVersion;
  readonly binding: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** The function to call: the Service whose EndpointSlices name its ready pods. Timeout of one call; calls one pod takes at a time. */
  readonly function: {
    readonly name: string;
    readonly serviceName: string;
    /** `Host`: one of our hosts (fences calls by epoch). `Container`: any image that speaks HTTP CloudEvents. */
    readonly kind: 'Host' | 'Container';
    readonly timeoutMs: number;
    readonly concurrency: number;
  };
  readonly kafka: { readonly bootstrapServers: readonly string[] };
  readonly source: {
    readonly topic: string;
    readonly consumerGroup: string;
    readonly format: RecordFormat;
    readonly onOffsetOutOfRange: OnOffsetOutOfRange;
  };
  readonly ordering: 'Partition';
  readonly batch: { readonly maxRecords: number; readonly maxBytes: number; readonly maxWaitMs: number };
  readonly flow: {
    readonly maxBufferedBytes: number;
    readonly maxResponseBytes: number;
    readonly drainTimeoutMs: number;
  };
  readonly delivery: {
    readonly retry: {
      readonly maxAttempts: number;
      readonly initialBackoffMs: number;
      readonly maxBackoffMs: number;
      readonly maxAgeMs: number;
    };
    readonly onExhausted: OnExhausted;
    /** Present exactly when `onExhausted` is `DeadLetter`. */
    readonly deadLetterTopic?: string;
  };
  /** Absent: what the function returns is not published. */
  readonly output?: {
    readonly topic: string;
    readonly key: 'Source' | 'Event';
    readonly contentMode: ContentMode;
    /** An output event whose `type` equals a route's goes to that route's topic instead of `topic`. */
    readonly routes: readonly { readonly type: string; readonly topic: string }[];
  };
}
