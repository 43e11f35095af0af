/** The HTTP request of a call, and how the answer for the records that were sent becomes one for all that were asked. PURE. */
import type { CallAnswer, RecordVerdict } from '#contract/answer.ts';
import { batchBody, binaryRequest, eventBody } from '#contract/batch-body.ts';
import { batchContentType, callHeaders, eventContentType } from '#contract/call.ts';
import type { EncodedEvent } from '#contract/cloudevent.ts';
import type { InvokerContract } from '#contract/invoker-contract.ts';
import type { CoreEffect } from '../core/events.ts';
import { arrivalOf } from './arrivals.ts';

export type CallEffect = Extract<CoreEffect, { kind: 'call' }>;

export interface CallRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly eventIds: readonly string[];
}

export interface PlannedCall {
  /** Null when no record fits the declared format: there is nothing to send. */
  readonly request: CallRequest | null;
  /** Verdicts on the records that are not sent, by their place in the call. */
  readonly unfit: ReadonlyMap<number, RecordVerdict>;
}

/** A list of offsets longer than this is cut to its ends: hosts read headers of 16 KiB in all. */
const offsetsMaxChars = 4096;

/** `deadlineMs`: Unix time after which the host must not start the call. */
export function planCall(call: CallEffect, contract: InvokerContract, deadlineMs: number): PlannedCall {
  const unfit = new Map<number, RecordVerdict>();
  const events: EncodedEvent[] = [];
  const offsets: number[] = [];
  for (const [place, record] of call.records.entries()) {
    const { event } = arrivalOf(record);
    if (event.kind === 'unfit') {
      unfit.set(place, { kind: 'reject', reason: `does not fit format ${contract.source.format}: ${event.detail}` });
    } else {
      events.push(event);
      offsets.push(record.offset);
    }
  }
  if (events.length === 0) return { request: null, unfit };
  const position = `${call.topicId}/${call.partition}/${offsets[0]}-${offsets.at(-1)}`;
  const headers = {
    [callHeaders.binding]: `${contract.binding.namespace}/${contract.binding.name}`,
    [callHeaders.topic]: contract.source.topic,
    [callHeaders.partition]: String(call.partition),
    [callHeaders.offsets]: offsetsText(offsets),
    [callHeaders.epoch]: String(call.epoch),
    [callHeaders.attempt]: String(call.attempt),
    [callHeaders.deadline]: String(deadlineMs),
    [callHeaders.idempotencyKey]: position,
  };
  const { headers: contentHeaders, body } = content(events, contract);
  const request = { headers: { ...contentHeaders, ...headers }, body, eventIds: events.map(({ id }) => id) };
  return { request, unfit };
}

/** A container that takes one record a call gets it as any Knative-style container expects; everything else is a batch. */
function content(events: readonly EncodedEvent[], contract: InvokerContract) {
  if (contract.function.kind === 'Host' || contract.batch.maxRecords > 1) {
    return { headers: { 'content-type': batchContentType }, body: batchBody(events) };
  }
  const event = events[0]!;
  return binaryRequest(event) ?? { headers: { 'content-type': eventContentType }, body: eventBody(event) };
}

/** `4-9,11,13-20`. */
function offsetsText(offsets: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const offset of offsets) {
    const range = ranges.at(-1);
    if (range !== undefined && offset === range[1] + 1) range[1] = offset;
    else ranges.push([offset, offset]);
  }
  const list = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
  return list.length <= offsetsMaxChars ? list : `${offsets[0]},...,${offsets.at(-1)}`;
}

/** Puts the verdicts on unsent records in their places; an answer about the whole call stands for all. */
export function wholeAnswer(answer: CallAnswer, planned: PlannedCall, records: number): CallAnswer {
  if (answer.kind !== 'verdicts' || planned.unfit.size === 0) return answer;
  const sent = answer.verdicts[Symbol.iterator]();
  const verdicts = Array.from({ length: records }, (_, place) => planned.unfit.get(place) ?? sent.next().value!);
  return { kind: 'verdicts', verdicts };
}
