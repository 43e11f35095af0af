/** The body of a call, spliced from the pieces of its events: values are copied byte by byte, never serialised anew. */
import type { EncodedEvent } from './cloudevent.ts';

/** `[event,event,…]`, for `application/cloudevents-batch+json`. */
export function batchBody(events: readonly EncodedEvent[]): Buffer {
  const pieces: (string | Buffer)[] = ['['];
  for (const [index, event] of events.entries()) {
    if (index > 0) pieces.push(',');
    pieces.push(...event.pieces);
  }
  pieces.push(']');
  return joined(pieces);
}

/** One event, for `application/cloudevents+json`. */
export const eventBody = (event: EncodedEvent): Buffer => joined(event.pieces);

function joined(pieces: readonly (string | Buffer)[]): Buffer {
  let size = 0;
  for (const piece of pieces) size += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length;
  const body = Buffer.allocUnsafe(size);
  let at = 0;
  for (const piece of pieces) at += typeof piece === 'string' ? body.write(piece, at) : piece.copy(body, at);
  return body;
}

/** A server may refuse more header bytes than this (Node: 16 KiB in all). */
const maxHeaderBytes = 8192;

/**
 * One event in HTTP's binary mode: attributes as `ce-` headers, percent-encoded as the CloudEvents HTTP binding says. Null when it must go
 * structured: it was structured in Kafka, or its attributes are too large for headers.
 */
export function binaryRequest(
  event: EncodedEvent,
): { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer } | null {
  if (event.binary === null) return null;
  const headers: Record<string, string> = {};
  let headerBytes = 0;
  for (const [name, value] of event.binary.attributes) {
    const isType = name === 'datacontenttype';
    const header = percentEncoded(String(value), isType ? notHeaderSafe : notAttributeSafe);
    headers[isType ? 'content-type' : `ce-${name}`] = header;
    headerBytes += name.length + header.length;
  }
  return headerBytes > maxHeaderBytes ? null : { headers, body: event.binary.data ?? Buffer.alloc(0) };
}

/** In attributes, space, double quote and percent are encoded too; a media type keeps them. */
const notAttributeSafe = /[^!#$&-~]/gu;
const notHeaderSafe = /[^ -~]/gu;

function percentEncoded(text: string, unsafe: RegExp): string {
  return text.replace(unsafe, (char) =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
