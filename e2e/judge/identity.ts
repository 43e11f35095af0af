/** Which CloudEvent a Kafka record is and which one caused it, read from headers (binary) or value (structured). */

export interface RawRecord {
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>;
}

export interface Identity {
  readonly id: string | null;
  /** `causationid`: the id of the source event. */
  readonly cause: string | null;
}

export function identityOf({ value, headers }: RawRecord): Identity {
  if (headers.ce_id !== undefined) {
    return { id: textOf(headers.ce_id), cause: textOf(headers.ce_causationid) };
  }
  const event = value === null ? null : objectIn(value.toString('utf8'));
  return { id: stringOr(event?.id), cause: stringOr(event?.causationid) };
}

function textOf(header: RawRecord['headers'][string]): string | null {
  // A header that came twice is no attribute.
  return header === undefined || Array.isArray(header) ? null : header.toString();
}

const stringOr = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
