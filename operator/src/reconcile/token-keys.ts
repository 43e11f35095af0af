/** The cluster's public keys for tokens of service accounts: read once at the start, and again now and then. */
import { setTimeout as pause } from 'node:timers/promises';
import { getJson, type KubeApi } from '#kube/kube-api.ts';

export interface TokenKeys {
  /** They are there. */
  readonly known: Promise<void>;
  /** JWKS as text; empty before `known`. */
  newest(): string;
  stop(): void;
}

export interface TokenKeysOptions {
  readonly api: KubeApi;
  /** They are others than before. */
  readonly onChanged: () => void;
  readonly onError: (error: Error) => void;
}

/** Keys change rarely, and clusters publish a new one long before they sign with it. */
const rereadMs = 10 * 60_000;
const retryMs = 2_000;
const path = '/openid/v1/jwks';
const accept = 'application/jwk-set+json';

export function startTokenKeys({ api, onChanged, onError }: TokenKeysOptions): TokenKeys {
  const stopped = new AbortController();
  const known = Promise.withResolvers<void>();
  let newest = '';
  const read = async (): Promise<number> => {
    try {
      const text = JSON.stringify(await getJson(api, path, { accept, signal: stopped.signal }));
      const isOther = newest !== '' && newest !== text;
      newest = text;
      known.resolve();
      if (isOther) onChanged();
      return rereadMs;
    } catch (error) {
      if (!stopped.signal.aborted) onError(error as Error);
      return retryMs;
    }
  };
  const keep = async (): Promise<void> => {
    while (!stopped.signal.aborted)
      await pause(await read(), undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);
  };
  void keep();
  return { known: known.promise, newest: () => newest, stop: () => stopped.abort() };
}
