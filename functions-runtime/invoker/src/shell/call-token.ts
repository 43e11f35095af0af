/** The token by which hosts know an invoker: read from where the kubelet keeps it fresh. */
import { readFileSync } from 'node:fs';

/** A token lasts an hour and is written anew long before: a minute of age is nothing. */
const rereadMs = 60_000;

/** `nowMs`: monotonic. Undefined where there is no such file: outside of a cluster. */
export function callTokenOf(path: string, nowMs: () => number): () => string | undefined {
  let token: string | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (nowMs() - readAtMs >= rereadMs) {
      readAtMs = nowMs();
      // A read that fails leaves the token that we had: it may be good for a while.
      token = read(path) ?? token;
    }
    return token;
  };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
