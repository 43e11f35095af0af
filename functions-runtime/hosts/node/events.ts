/** Which events a request body holds: a CloudEvents batch, one event (structured or in headers), or plain data from people. */
import type { Headers } from './coordinates.ts';
import { batchType, eventType } from './protocol.ts';

/** CloudEvents attributes plus `data`, which is a `Buffer` where the event had `data_base64`. */
export interface CloudEvent {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data?: unknown;
  readonly [attribute: string]: unknown;
}

export type ReadEvents =
  /** Sent as CloudEvents: the answer is a result document. */
  | { readonly kind: 'events'; readonly events: readonly CloudEvent[] }
  /** Plain data: the answer is the function's value. */
  | { readonly kind: 'plain'; readonly event: CloudEvent }
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'unsupported'; readonly detail: string };

/** `type` and `source` of an event made from plain data. */
export const plainEventType = 'dev.headrace.http.request.v1';
export const plainEventSource = '/http';

export function readEvents(headers: Headers, body: Buffer, newId: () => string): ReadEvents {
  const contentType = typeof headers['content-type'] === 'string' ? headers['content-type'] : '';
  const media = mediaTypeOf(contentType);
  if (media === batchType) return inBatch(body);
  if (media === eventType) return structured(body);
  if (media.startsWith('application/cloudevents')) {
    return { kind: 'unsupported', detail: `the host does not read ${media}` };
  }
  if (headers['ce-specversion'] !== undefined) return binary(headers, contentType, body);
  const data = dataOf(contentType, body);
  if (data.kind === 'malformed') return data;
  const event = { specversion: '1.0', id: newId(), source: plainEventSource, type: plainEventType };
  return { kind: 'plain', event: data.value === undefined ? event : { ...event, data: data.value } };
}

function inBatch(body: Buffer): ReadEvents {
  const parsed = parse(body);
  if (parsed.kind === 'malformed') return parsed;
  if (!Array.isArray(parsed.value)) return { kind: 'malformed', detail: 'the batch is not a JSON array' };
  const events: CloudEvent[] = [];
  for (const [index, item] of (parsed.value as unknown[]).entries()) {
    const event = checked(item);
    if (typeof event === 'string') return { kind: 'malformed', detail: `event ${index}: ${event}` };
    events.push(event);
  }
  return { kind: 'events', events };
}

function structured(body: Buffer): ReadEvents {
  const parsed = parse(body);
  if (parsed.kind === 'malformed') return parsed;
  const event = checked(parsed.value);
  return typeof event === 'string' ? { kind: 'malformed', detail: event } : { kind: 'events', events: [event] };
}

function binary(headers: Headers, contentType: string, body: Buffer): ReadEvents {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('ce-') || value === undefined) continue;
    if (Array.isArray(value)) return { kind: 'malformed', detail: `header ${name} came more than once` };
    event[name.slice('ce-'.length)] = percentDecoded(value);
  }
  if (contentType !== '') event.datacontenttype = contentType;
  const data = dataOf(contentType, body);
  if (data.kind === 'malformed') return data;
  if (data.value !== undefined) event.data = data.value;
  const complete = checked(event);
  return typeof complete === 'string'
    ? { kind: 'malformed', detail: complete }
    : { kind: 'events', events: [complete] };
}

/** The event with its bytes decoded, or what it lacks. */
function checked(item: unknown): CloudEvent | string {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return 'not a JSON object';
  const event = item as Record<string, unknown>;
  for (const name of ['specversion', 'id', 'source', 'type']) {
    if (typeof event[name] !== 'string' || event[name] === '') return `${name} is missing`;
  }
  if (event.specversion !== '1.0') return `specversion is ${JSON.stringify(event.specversion)}, not "1.0"`;
  if (event.data_base64 === undefined || event.data_base64 === null) return event as CloudEvent;
  if (typeof event.data_base64 !== 'string') return 'data_base64 is not text';
  const { data_base64, ...rest } = event;
  return { ...rest, data: Buffer.from(data_base64 as string, 'base64') } as unknown as CloudEvent;
}

type Parsed =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'malformed'; readonly detail: string };

/** JSON is parsed, text is text, anything else is bytes; an empty body is no data. */
function dataOf(contentType: string, body: Buffer): Parsed {
  if (body.length === 0) return { kind: 'value', value: undefined };
  const media = mediaTypeOf(contentType);
  if (media === '' || /^[^/]+\/(.+\+)?json$/.test(media)) return parse(body);
  return { kind: 'value', value: media.startsWith('text/') ? body.toString('utf8') : body };
}

function parse(body: Buffer): Parsed {
  try {
    return { kind: 'value', value: JSON.parse(body.toString('utf8')) };
  } catch (error) {
    return { kind: 'malformed', detail: `the body is not JSON: ${(error as Error).message}` };
  }
}

const mediaTypeOf = (contentType: string): string => (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();

/** As the CloudEvents HTTP binding says; damaged encoding is taken literally. */
function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
