/** The Kafka record of an output event, and that of a dead letter. */
import type { OutputEvent } from './answer.ts';
import { eventContentType } from './call.ts';
import { type EncodedEvent, keyBytesExtension, keyExtension, type SourceRecord } from './cloudevent.ts';
import { isJsonType } from './cloudevent-rules.ts';
import type { InvokerContract } from './invoker-contract.ts';
import { base64Bytes } from './json-text.ts';

type OutputSettings = NonNullable<InvokerContract['output']>;
type Header = readonly [name: Buffer, value: Buffer | null];

export interface RecordToProduce {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
  readonly timestampMs?: number;
}

/** Where a record came from: on outputs and dead letters, as text. */
export const originHeaders = {
  topic: 'headrace-origin-topic',
  partition: 'headrace-origin-partition',
  offset: 'headrace-origin-offset',
  /** Index of an output among the outputs of its source. */
  index: 'headrace-output-index',
} as const;

/** Headers of a dead letter, all text; times in RFC 3339. The first three are Knative's names. */
export const deadLetterHeaders = {
  destination: 'knativeerrordest',
  code: 'knativeerrorcode',
  /** Base64 of the reason. */
  data: 'knativeerrordata',
  reason: 'headrace-reason',
  attempts: 'headrace-attempts',
  firstFailure: 'headrace-first-failure-time',
  lastFailure: 'headrace-last-failure-time',
} as const;

/** Knative keeps so many bytes of the answer. */
const dataBytes = 1024;

export interface Cause {
  readonly source: SourceRecord;
  /** What the function was given: its id is the output's `causationid`. */
  readonly sourceEvent: Pick<EncodedEvent, 'id' | 'trace'>;
  readonly index: number;
}

/** `event` was checked by the answer's decoder. Attributes that the function set are kept; `causationid`, trace and origin are added. */
export function outputRecord(event: OutputEvent, cause: Cause, output: OutputSettings): RecordToProduce {
  const lineage = { ...inherited(event, cause), ...event };
  const route = output.routes.find(({ type }) => type === event.type);
  const origin = [...originOf(cause.source), header(originHeaders.index, String(cause.index))];
  return {
    topic: route?.topic ?? output.topic,
    key: keyOf(event, cause.source, output.key),
    ...(output.contentMode === 'Structured' ? structured(lineage, origin) : binary(lineage, origin)),
  };
}

/** The source's key; or the event's own (`partitionkey`, `kafkakeybase64`), and where it has none again the source's. */
function keyOf(event: OutputEvent, source: SourceRecord, from: OutputSettings['key']): Buffer | null {
  if (from === 'Source') return source.key;
  const text = event[keyExtension];
  if (typeof text === 'string' && text !== '') return Buffer.from(text);
  const encoded = event[keyBytesExtension];
  return (typeof encoded === 'string' ? base64Bytes(encoded) : null) ?? source.key;
}

/** The trace of the origin is passed on, never rewritten. */
function inherited(event: OutputEvent, { sourceEvent }: Cause): Record<string, unknown> {
  const trace = event.traceparent === undefined ? sourceEvent.trace : [];
  return { causationid: sourceEvent.id, ...Object.fromEntries(trace) };
}

function structured(event: OutputEvent, origin: readonly Header[]) {
  const headers = [header('content-type', `${eventContentType}; charset=utf-8`), ...origin];
  return { value: Buffer.from(JSON.stringify(event)), headers };
}

function binary(event: OutputEvent, origin: readonly Header[]) {
  const headers: Header[] = [];
  for (const [name, value] of Object.entries(event)) {
    if (name === 'data' || name === 'data_base64' || value === null || value === undefined) continue;
    headers.push(header(name === 'datacontenttype' ? 'content-type' : `ce_${name}`, String(value)));
  }
  return { value: binaryValue(event), headers: [...headers, ...origin] };
}

/** No data, or null, is a null value (tombstone). Text goes as it is where the type says it is not JSON. */
function binaryValue(event: OutputEvent): Buffer | null {
  const encoded = event.data_base64;
  if (typeof encoded === 'string') return base64Bytes(encoded);
  const data = event.data;
  if (data === null || data === undefined) return null;
  const type = event.datacontenttype;
  const asText = typeof data === 'string' && typeof type === 'string' && !isJsonType(type);
  return Buffer.from(asText ? data : JSON.stringify(data));
}

export interface DeadLetter {
  readonly source: SourceRecord;
  readonly topic: string;
  /** The function that could not take it. */
  readonly destination: string;
  readonly reason: string;
  readonly code: string;
  readonly attempts: number;
  readonly firstFailureMs: number;
  readonly lastFailureMs: number;
}

/** The original untouched (D7): key, value, headers in order, timestamp; ours are added behind. */
export function deadLetterRecord(letter: DeadLetter): RecordToProduce {
  const { source } = letter;
  return {
    topic: letter.topic,
    key: source.key,
    value: source.value,
    headers: [
      ...source.headers,
      header(deadLetterHeaders.destination, letter.destination),
      header(deadLetterHeaders.code, letter.code),
      header(deadLetterHeaders.data, Buffer.from(letter.reason).subarray(0, dataBytes).toString('base64')),
      header(deadLetterHeaders.reason, letter.reason),
      header(deadLetterHeaders.attempts, String(letter.attempts)),
      header(deadLetterHeaders.firstFailure, new Date(letter.firstFailureMs).toISOString()),
      header(deadLetterHeaders.lastFailure, new Date(letter.lastFailureMs).toISOString()),
      ...originOf(source),
    ],
    ...(source.timestampMs >= 0 ? { timestampMs: source.timestampMs } : {}),
  };
}

function originOf(source: SourceRecord): Header[] {
  return [
    header(originHeaders.topic, source.topic),
    header(originHeaders.partition, String(source.partition)),
    header(originHeaders.offset, String(source.offset)),
  ];
}

const header = (name: string, value: string): Header => [Buffer.from(name), Buffer.from(value)];
