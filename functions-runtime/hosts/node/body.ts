/** Reads request bodies, each and all together within a bound. */
import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'too-large'; readonly maxBytes: number }
  /** Other bodies take the room. */
  | { readonly kind: 'no-room' }
  | { readonly kind: 'broken' };

export class BodyReader {
  readonly #maxBytes: number;
  readonly #maxTotalBytes: number;
  #heldBytes = 0;

  constructor(maxBytes: number, maxTotalBytes: number) {
    this.#maxBytes = maxBytes;
    this.#maxTotalBytes = maxTotalBytes;
  }

  async read(request: IncomingMessage): Promise<Body> {
    // Refused before a byte is read where the caller says the length.
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > this.#maxBytes) return { kind: 'too-large', maxBytes: this.#maxBytes };
    if (this.#heldBytes + declared > this.#maxTotalBytes) return { kind: 'no-room' };
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      // Left open on an early return: destroying the request would destroy the socket, and the refusal with it.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        this.#heldBytes += chunk.length;
        if (bytes > this.#maxBytes) return { kind: 'too-large', maxBytes: this.#maxBytes };
        if (this.#heldBytes > this.#maxTotalBytes) return { kind: 'no-room' };
        chunks.push(chunk);
      }
    } catch {
      return { kind: 'broken' };
    } finally {
      this.#heldBytes -= bytes;
    }
    return { kind: 'body', bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) };
  }
}
