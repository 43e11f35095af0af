/** What a function is given besides its events. */
import { type Coordinates, listOffsets } from './coordinates.ts';
import type { CloudEvent } from './events.ts';
import type { Log } from './log.ts';

interface CallContext {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** `namespace/name` of the StreamBinding; undefined, like topic, partition and offset, when people call. */
  readonly binding: string | undefined;
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  /** Unix time in ms at which the call is given up. */
  readonly deadlineMs: number;
  /** Aborted at the deadline, when a newer owner took over, when the caller went away, and at shutdown. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Marks attributes as those of a CloudEvent to return; id, source and type have defaults. */
  event(attributes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
}

export interface EventContext extends CallContext {
  /** Id of the event. */
  readonly id: string;
  readonly offset: number | undefined;
  /** The same on every attempt of this event, in whatever batch it comes. */
  readonly idempotencyKey: string;
  /** Refuses this event for good: it is not tried again. Throws, so that nothing after it runs, and stands even when the throw is caught. */
  reject(reason?: string): never;
}

export interface BatchContext extends CallContext {
  readonly offsets: readonly number[];
  readonly idempotencyKey: string | undefined;
  /** Gives the result that refuses one event for good: put it in that event's place. */
  reject(reason?: string): Rejection;
}

/** Any error with `reject = true`, thrown or returned, means the same. */
export class Rejection extends Error {
  readonly reject = true;
  override readonly name = 'Rejection';
}

export interface ContextSource {
  readonly coordinates: Coordinates;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly log: (fields: Readonly<Record<string, unknown>>) => Log;
}

const noReason = 'rejected by the function';

function callContext({ coordinates: { position, attempt }, deadlineMs, signal }: ContextSource) {
  return {
    attempt,
    binding: position?.binding,
    topic: position?.topic,
    partition: position?.partition,
    deadlineMs,
    signal,
    event: (attributes: Readonly<Record<string, unknown>>) => ({ specversion: '1.0', ...attributes }),
  };
}

/** Makes the context of each event of a call; `rejected` learns of a rejection at once. */
export function eventContexts(source: ContextSource) {
  const shared = callContext(source);
  const { position, idempotencyKey } = source.coordinates;
  const offsets = position ? listOffsets(position) : [];
  return (event: CloudEvent, index: number, rejected: (rejection: Rejection) => void): EventContext => {
    const offset = offsets[index];
    let log: Log | undefined;
    return {
      ...shared,
      id: event.id,
      offset,
      idempotencyKey: eventKey(idempotencyKey, offset, event),
      get log() {
        log ??= source.log({ binding: shared.binding, partition: shared.partition, offset, eventId: event.id });
        return log;
      },
      reject(reason = noReason) {
        const rejection = new Rejection(reason);
        rejected(rejection);
        throw rejection;
      },
    };
  };
}

export function batchContext(source: ContextSource): BatchContext {
  const shared = callContext(source);
  const { position, idempotencyKey } = source.coordinates;
  return {
    ...shared,
    offsets: position ? listOffsets(position) : [],
    idempotencyKey: idempotencyKey ?? undefined,
    log: source.log({ binding: shared.binding, partition: shared.partition }),
    reject: (reason = noReason) => new Rejection(reason),
  };
}

/** The call's key names its range of offsets, and a retry may cut batches anew: with the event's own offset, or its name, the key stays. */
function eventKey(callKey: string | null, offset: number | undefined, event: CloudEvent): string {
  const range = callKey?.lastIndexOf('/') ?? -1;
  return callKey === null || offset === undefined || range < 0
    ? `${event.source} ${event.id}`
    : `${callKey.slice(0, range)}/${offset}`;
}
