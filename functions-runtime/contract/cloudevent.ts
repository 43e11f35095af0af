/** How a Kafka record becomes one CloudEvent in JSON, made of pieces that are spliced into a body and never serialised anew. */

import { eventContentType } from './call.ts';
import {
  type CloudEventFault,
  escapedText,
  isAttributeName,
  isAttributeText,
  isJsonType,
  isTextType,
  mediaType,
  requiredFault,
  structuredFault,
} from './cloudevent-rules.ts';
import type { RecordFormat } from './invoker-contract.ts';
import { jsonValue, utf8Text } from './json-text.ts';

/** A record with its position. Header names may repeat; null is not empty. */
export interface SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: Buffer, value: Buffer | null])[];
}

export interface EncodedEvent {
  readonly kind: 'event';
  readonly id: string;
  /** Joined, they are exactly one JSON object in UTF-8. */
  readonly pieces: readonly (string | Buffer)[];
  /** What HTTP's binary mode needs; null for an event that was structured in Kafka: it is sent structured. */
  readonly binary: { readonly attributes: readonly Attribute[]; readonly data: Buffer | null } | null;
  /** The trace that the record carries, to be passed on to outputs. */
  readonly trace: readonly (readonly [name: string, value: string])[];
}

/** The record does not fit the declared format: permanent, the record is to be rejected with this reason. */
export interface UnfitRecord {
  readonly kind: 'unfit';
  readonly reason: CloudEventFault['reason'] | 'not-json' | 'not-utf8';
  readonly detail: string;
}

export type Attribute = readonly [name: string, value: string | boolean];

/** `type` of a record that was no CloudEvent. */
export const recordEventType = 'dev.headrace.kafka.record.v1';
/** Extensions of a wrapped record: its key when it is no CloudEvents text, its headers, and the mark of a null value. */
export const keyBytesExtension = 'kafkakeybase64';
export const headersExtension = 'kafkaheaders';
export const tombstoneExtension = 'kafkatombstone';
export const keyExtension = 'partitionkey';

const octets = 'application/octet-stream';
/** RFC 3339 has four digits for the year. */
const lastYearEndMs = 253_402_300_799_999;

/**
 * `Auto`: a CloudEvent (structured or binary) passes unchanged; anything else is wrapped, as JSON where it is JSON. `CloudEvent`: what is none
 * is unfit. `Json`: wrapped, the value must be JSON. `Bytes`: wrapped, never looked into. A tombstone without attributes is wrapped in every format.
 */
export function encodeEvent(record: SourceRecord, format: RecordFormat): EncodedEvent | UnfitRecord {
  if (format === 'Bytes' || format === 'Json') return wrapped(record, format);
  const event = ownEvent(record);
  if (event?.kind === 'event') return event;
  if (format === 'Auto' || (event === null && record.value === null)) return wrapped(record, 'Auto');
  return (
    event ?? { kind: 'unfit', reason: 'not-an-event', detail: 'no ce_specversion header, no CloudEvents content-type' }
  );
}

/** The CloudEvent that the record is; null when it does not claim to be one. */
function ownEvent(record: SourceRecord): EncodedEvent | UnfitRecord | null {
  const contentType = headerText(record, 'content-type');
  if (contentType !== null && mediaType(contentType) === eventContentType) return structured(record);
  return headerText(record, 'ce_specversion') === null ? null : binary(record, contentType);
}

function structured(record: SourceRecord): EncodedEvent | UnfitRecord {
  const text = record.value && utf8Text(record.value);
  if (record.value === null || text === null) {
    return { kind: 'unfit', reason: 'not-utf8', detail: 'a structured CloudEvent must be UTF-8 JSON' };
  }
  const parsed = jsonValue(text);
  if (!parsed) return { kind: 'unfit', reason: 'not-json', detail: 'a structured CloudEvent must be one JSON text' };
  const fault = structuredFault(parsed.value);
  if (fault) return { kind: 'unfit', ...fault };
  const event = parsed.value as Readonly<Record<string, unknown>> & { readonly id: string };
  return { kind: 'event', id: event.id, pieces: [record.value], binary: null, trace: traceOf((name) => event[name]) };
}

function binary(record: SourceRecord, contentType: string | null): EncodedEvent | UnfitRecord {
  const attributes = new Map<string, string>();
  for (const [rawName, rawValue] of record.headers) {
    if (!rawName.subarray(0, 3).equals(attributePrefix)) continue;
    const name = utf8Text(rawName.subarray(3)) ?? '';
    const value = rawValue && utf8Text(rawValue);
    const fit = isAttributeName(name) && typeof value === 'string' && isAttributeText(value) && !attributes.has(name);
    if (!fit) return { kind: 'unfit', reason: 'attribute-invalid', detail: `header ce_${name} is no valid attribute` };
    attributes.set(name, value);
  }
  const fault = requiredFault((name) => attributes.get(name));
  if (fault) return { kind: 'unfit', ...fault };
  if (contentType !== null) attributes.set('datacontenttype', contentType);
  const event = assembled(
    attributes.get('id')!,
    [...attributes],
    record.value,
    attributes.get('datacontenttype') ?? null,
  );
  return event.trace.length > 0 ? event : { ...event, trace: traceOf((name) => headerText(record, name)) };
}
const attributePrefix = Buffer.from('ce_');

function wrapped(record: SourceRecord, format: 'Auto' | 'Json' | 'Bytes'): EncodedEvent | UnfitRecord {
  const { value } = record;
  const contentType = format === 'Auto' ? headerText(record, 'content-type') : null;
  const holdsJson = format !== 'Bytes' && contentType === null && value !== null && isJson(value);
  if (holdsJson && record.headers.length === 0) return new PlainJsonEvent(record, value);
  const id = idOf(record);
  const attributes = wrappedAttributes(record, id);
  const typed = (type: string): Attribute[] => [...attributes, ['datacontenttype', type]];
  if (value === null) return assembled(id, [...attributes, [tombstoneExtension, true]], null, null);
  if (holdsJson) return encoded(id, typed('application/json'), value, jsonData(value));
  if (format === 'Json') {
    return { kind: 'unfit', reason: 'not-json', detail: 'the value is not exactly one UTF-8 JSON text' };
  }
  if (contentType !== null) return assembled(id, typed(contentType), value, contentType);
  const type = (format === 'Bytes' ? headerText(record, 'content-type') : null) ?? octets;
  return encoded(id, typed(type), value, base64Data(value));
}

const idOf = ({ topic, partition, offset }: SourceRecord): string => `${topic}/${partition}/${offset}`;
const sourceOf = ({ topic }: SourceRecord): string => `/kafka/${topic}`;

/** RFC 3339 with milliseconds; null outside of what it can say. */
function timeOf({ timestampMs }: SourceRecord): string | null {
  if (!(timestampMs >= 0 && timestampMs <= lastYearEndMs)) return null;
  const seconds = Math.floor(timestampMs / 1000);
  // Neighbours were mostly written within the same second, and a calendar is dear.
  if (seconds !== lastSecond.seconds) {
    lastSecond = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss.'.length) };
  }
  const ms = Math.floor(timestampMs - seconds * 1000);
  return `${lastSecond.text}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
}
let lastSecond = { seconds: -1, text: '' };

function keyAttribute(key: Buffer): Attribute {
  const text = utf8Text(key);
  const fit = text !== null && text !== '' && isAttributeText(text);
  return fit ? [keyExtension, text] : [keyBytesExtension, key.toString('base64')];
}

function wrappedAttributes(record: SourceRecord, id: string): Attribute[] {
  const attributes: Attribute[] = [
    ['specversion', '1.0'],
    ['id', id],
    ['source', sourceOf(record)],
    ['type', recordEventType],
  ];
  const time = timeOf(record);
  if (time !== null) attributes.push(['time', time]);
  if (record.key !== null) attributes.push(keyAttribute(record.key));
  if (record.headers.length > 0) {
    const list = record.headers.map(([name, value]) => [name.toString('utf8'), value?.toString('base64')]);
    attributes.push([headersExtension, escapedText(JSON.stringify(list))]);
    attributes.push(...traceOf((name) => headerText(record, name)));
  }
  return attributes;
}

function traceOf(read: (name: string) => unknown): (readonly [name: string, value: string])[] {
  return ['traceparent', 'tracestate'].flatMap((name) => {
    const value = read(name);
    return typeof value === 'string' && value !== '' ? [[name, value] as const] : [];
  });
}

/** JSON data is spliced, text becomes a JSON string, everything else is Base64. */
function assembled(id: string, attributes: readonly Attribute[], value: Buffer | null, contentType: string | null) {
  if (value === null) return encoded(id, attributes, null, [',"data":null']);
  if ((contentType === null || isJsonType(contentType)) && isJson(value)) {
    return encoded(id, attributes, value, jsonData(value));
  }
  const text = contentType !== null && isTextType(contentType) ? utf8Text(value) : null;
  return encoded(id, attributes, value, text === null ? base64Data(value) : [',"data":', JSON.stringify(text)]);
}

const jsonData = (value: Buffer): readonly (string | Buffer)[] => [',"data":', value];
const base64Data = (value: Buffer): readonly string[] => [',"data_base64":"', value.toString('base64'), '"'];

function encoded(
  id: string,
  attributes: readonly Attribute[],
  data: Buffer | null,
  dataPieces: readonly (string | Buffer)[],
): EncodedEvent {
  let head = '{';
  for (const [name, value] of attributes) {
    head += `${head === '{' ? '' : ','}"${name}":${typeof value === 'string' ? quoted(value) : value}`;
  }
  return {
    kind: 'event',
    id,
    pieces: [head, ...dataPieces, '}'],
    binary: { attributes, data },
    trace: traceOf((wanted) => attributes.find(([name]) => name === wanted)?.[1]),
  };
}

/** By far the most records are this: JSON without headers. Its attributes are written straight into the text, in the order of `wrappedAttributes`. */
class PlainJsonEvent implements EncodedEvent {
  readonly kind = 'event';
  readonly id: string;
  readonly pieces: readonly (string | Buffer)[];
  readonly #record: SourceRecord;
  readonly #value: Buffer;

  constructor(record: SourceRecord, value: Buffer) {
    this.id = idOf(record);
    this.#record = record;
    this.#value = value;
    const time = timeOf(record);
    const timeText = time === null ? '' : `,"time":"${time}"`;
    const head = `{"specversion":"1.0","id":${quoted(this.id)},"source":${quoted(sourceOf(record))},"type":"${recordEventType}"${timeText}${keyText(record.key)},"datacontenttype":"application/json","data":`;
    this.pieces = [head, value, '}'];
  }

  get binary() {
    const attributes = wrappedAttributes(this.#record, this.id);
    attributes.push(['datacontenttype', 'application/json']);
    return { attributes, data: this.#value };
  }

  get trace(): readonly [] {
    return [];
  }
}

function keyText(key: Buffer | null): string {
  if (key === null) return '';
  // Of bytes that are all plain ASCII this is the text in UTF-8 too; any other does not pass the test.
  const plain = key.toString('latin1');
  if (plain !== '' && needsNoEscape.test(plain)) return `,"${keyExtension}":"${plain}"`;
  const [name, value] = keyAttribute(key);
  return `,"${name}":${quoted(value as string)}`;
}

const quoted = (text: string): string => (needsNoEscape.test(text) ? `"${text}"` : JSON.stringify(text));

/** Printable ASCII without the double quote and the backslash. */
const needsNoEscape = /^[ !#-[\]-~]*$/;

function isJson(value: Buffer): boolean {
  const text = utf8Text(value);
  return text !== null && jsonValue(text) !== null;
}

/** The only header of that name, when it is a CloudEvents text. Names are compared as Kafka does: byte by byte. */
export function headerText(record: SourceRecord, name: string): string | null {
  if (record.headers.length === 0) return null;
  const found = record.headers.filter(
    ([rawName]) => rawName.length === name.length && rawName.toString('latin1') === name,
  );
  const value = found.length === 1 ? found[0]![1] : null;
  const text = value && utf8Text(value);
  return text !== null && isAttributeText(text) ? text : null;
}
