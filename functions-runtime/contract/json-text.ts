/** Strict readings of foreign bytes: valid UTF-8 or nothing, exactly one JSON text or nothing. */

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text, or null when the bytes are not valid UTF-8. A byte order mark is kept: it is no JSON. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** The value of exactly one JSON text (RFC 8259), or null when it is none. Wrapped, because `null` is a JSON value. */
export function jsonValue(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

interface SourceTextApi {
  parse(
    text: string,
    reviver: (name: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

/** Numbers of 16 digits and more may not survive a double: only then the slow, exact reading is worth its price. */
const longNumber = /[0-9.]{16}/;

/** As `jsonValue`, but numbers that a double cannot hold keep their digits: `JSON.stringify` writes them as they came. */
export function exactJsonValue(text: string): { readonly value: unknown } | null {
  if (!longNumber.test(text)) return jsonValue(text);
  const json = JSON as unknown as SourceTextApi;
  try {
    return {
      value: json.parse(text, (_name, value, { source }) =>
        typeof value === 'number' && source !== undefined && String(value) !== source ? json.rawJSON(source) : value,
      ),
    };
  } catch {
    return null;
  }
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Base64 as RFC 4648 writes it, padding included. */
export function base64Bytes(text: string): Buffer | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return Buffer.from(text, 'base64');
}
