/** The body of a call, spliced from the pieces of its events: values are copied byte by byte, never serialised anew. */
import type { EncodedEvent } from './cloudevent.ts';

/** `[event,event,…]`, for `application/cloudevents-batch+json`. */
export function batchBody(events: readonly EncodedEvent[]): Buffer {
  const body = new Splicer();
  body.add('[');
  for (let index = 0; index < events.length; index += 1) {
    if (index > 0) body.add(',');
    for (const piece of events[index]!.pieces) body.add(piece);
  }
  body.add(']');
  return body.bytes();
}

/** One event, for `application/cloudevents+json`. */
export function eventBody(event: EncodedEvent): Buffer {
  const body = new Splicer();
  for (const piece of event.pieces) body.add(piece);
  return body.bytes();
}

/** Joins pieces; texts that follow each other are written at once. */
class Splicer {
  readonly #parts: (string | Buffer)[] = [];
  #text = '';
  #size = 0;

  add(piece: string | Buffer): void {
    if (typeof piece === 'string') {
      this.#text += piece;
      return;
    }
    this.#endText();
    this.#parts.push(piece);
    this.#size += piece.length;
  }

  bytes(): Buffer {
    this.#endText();
    const bytes = Buffer.allocUnsafe(this.#size);
    let at = 0;
    for (const part of this.#parts) at += typeof part === 'string' ? bytes.write(part, at) : part.copy(bytes, at);
    return bytes;
  }

  #endText(): void {
    if (this.#text === '') return;
    this.#parts.push(this.#text);
    this.#size += Buffer.byteLength(this.#text);
    this.#text = '';
  }
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
