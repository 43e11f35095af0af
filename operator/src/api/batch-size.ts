/** How many records a call may carry: what the binding allows, or one where the function takes single events. */
import type { EventFunction, StreamBinding } from './types.gen.ts';

/** An image that says nothing is taken for one that knows single CloudEvents only, as most do. Hosts always take batches. */
const takesBatches = ({ spec: { runtime, signature } }: EventFunction): boolean =>
  runtime !== 'container' || signature === 'Batch';

export const recordsMaxOf = (binding: StreamBinding, fn: EventFunction): number =>
  takesBatches(fn) ? binding.spec.batch.maxRecords : 1;
