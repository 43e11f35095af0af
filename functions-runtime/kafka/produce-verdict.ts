/** What a broker's answer about a written batch means for it. PURE. */
import type { KafkaFailure } from './ports.ts';

export type ProduceVerdict =
  | 'written'
  /** Not now: the same batch with the same numbers again. */
  | 'again'
  /** Smaller batches may go through. */
  | 'too-large'
  /** The broker lost or refuses the sequence: nothing more under this producer id. */
  | 'numbering-broken'
  /** Never, and surely not written. */
  | 'refused';

const broken: ReadonlySet<string> = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'PRODUCER_FENCED',
]);
const tooLarge: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

export function produceVerdict(failure: KafkaFailure | undefined): ProduceVerdict {
  // Older than the five batches a broker remembers of a producer, and written long ago.
  if (failure === undefined || failure.code === 'DUPLICATE_SEQUENCE_NUMBER') return 'written';
  if (broken.has(failure.code)) return 'numbering-broken';
  if (tooLarge.has(failure.code)) return 'too-large';
  return failure.retriable ? 'again' : 'refused';
}
