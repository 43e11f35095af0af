// Names made from content: equal content has an equal name.
import { createHash } from 'node:crypto';

/** Twelve hex digits over all parts and where each ends. */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.from(part);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex').slice(0, 12);
}
