/** The rules of CloudEvents 1.0.2 that every mode shares: attribute names and values, required attributes, data types. */
import { base64Bytes, isJsonObject } from './json-text.ts';

export const specVersion = '1.0';
export const requiredAttributes = ['specversion', 'id', 'source', 'type'] as const;

/** Why something is not a CloudEvent. */
export interface CloudEventFault {
  readonly reason:
    | 'attribute-missing'
    | 'attribute-invalid'
    | 'specversion-unsupported'
    | 'not-an-event'
    | 'data-invalid';
  readonly detail: string;
}

const attributeName = /^[a-z0-9]+$/;
export const isAttributeName = (name: string): boolean => attributeName.test(name) && name !== 'data';

const forbidden = /\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}/u;
const forbiddenAll = new RegExp(forbidden, 'gu');
const printableAscii = /^[ -~]*$/;
/** A CloudEvents String: no control characters, no lone surrogates, no noncharacters. */
export const isAttributeText = (text: string): boolean => printableAscii.test(text) || !forbidden.test(text);

/** JSON text with what a CloudEvents String must not hold written as `\\u` escapes. */
export function escapedText(json: string): string {
  if (isAttributeText(json)) return json;
  return json.replace(forbiddenAll, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

const jsonType = /^[^/;]+\/(?:[^/;]+\+)?json$/;

/** `type/subtype` in lower case, without parameters. */
export function mediaType(contentType: string): string {
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

/** True for `application/json`, `text/json` and `…+json`. */
export const isJsonType = (contentType: string): boolean => jsonType.test(mediaType(contentType));
export const isTextType = (contentType: string): boolean => mediaType(contentType).startsWith('text/');

export function requiredFault(read: (name: string) => unknown): CloudEventFault | null {
  for (const name of requiredAttributes) {
    const value = read(name);
    if (typeof value !== 'string' || value === '') {
      return { reason: 'attribute-missing', detail: `the CloudEvent has no ${name}` };
    }
  }
  const version = read('specversion');
  if (version === specVersion) return null;
  return {
    reason: 'specversion-unsupported',
    detail: `specversion is ${JSON.stringify(version)}, not "${specVersion}"`,
  };
}

function isAttributeValue(value: unknown): boolean {
  if (typeof value === 'string') return isAttributeText(value);
  return value === null || typeof value === 'boolean' || Number.isInteger(value);
}

/** Checks a structured event (parsed JSON). Returns the fault, or null when it is a CloudEvent. */
export function structuredFault(event: unknown): CloudEventFault | null {
  if (!isJsonObject(event)) return { reason: 'not-an-event', detail: 'the event is not a JSON object' };
  const missing = requiredFault((name) => (Object.hasOwn(event, name) ? event[name] : undefined));
  if (missing) return missing;
  for (const [name, value] of Object.entries(event)) {
    if (name === 'data' || name === 'data_base64') continue;
    if (!isAttributeName(name) || !isAttributeValue(value)) {
      return { reason: 'attribute-invalid', detail: `attribute ${JSON.stringify(name)} has an invalid name or value` };
    }
  }
  return dataFault(event);
}

function dataFault(event: Readonly<Record<string, unknown>>): CloudEventFault | null {
  const encoded = event.data_base64;
  if (encoded === undefined || encoded === null) return null;
  if (event.data !== undefined) return { reason: 'data-invalid', detail: 'the event has both data and data_base64' };
  if (typeof encoded === 'string' && base64Bytes(encoded)) return null;
  return { reason: 'data-invalid', detail: 'data_base64 is not Base64' };
}
