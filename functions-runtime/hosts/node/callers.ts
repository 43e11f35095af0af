/** Who may call: the bearer of a token that the cluster gave to a pod of the function's own namespace, for calls of this function. */
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';

export interface CallersSettings {
  /** The public keys with which the cluster signs tokens (JWKS); null: anybody may call, as outside of a cluster. */
  readonly keysFile: string | null;
  readonly audience: string;
  /** Service accounts of this namespace alone. */
  readonly namespace: string;
}

export interface Callers {
  /** Of the header `authorization`: null when welcome, else why not. */
  refusalOf(authorization: string | undefined): Promise<string | null>;
}

/** Invokers have a token each, and a new one before the old one ends. */
const rememberedMax = 64;
/** Clocks of nodes may differ. */
const clockToleranceSeconds = 5;
/** A key that is not known may be new: the file is read again, not more often than this. */
const rereadMs = 5_000;

type Keys = ReturnType<typeof createLocalJWKSet>;

/** `nowMs`: Unix ms. */
export function createCallers(settings: CallersSettings, nowMs: () => number): Callers {
  const { keysFile, audience, namespace } = settings;
  if (keysFile === null) return { refusalOf: async () => null };
  /** Verified once: token → when it ends, Unix ms. */
  const remembered = new Map<string, number>();
  let keys: Keys | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;

  const read = (): Keys => {
    readAtMs = nowMs();
    keys = createLocalJWKSet(JSON.parse(readFileSync(keysFile, 'utf8')) as JSONWebKeySet);
    return keys;
  };
  const verify = (token: string, known: Keys) =>
    jwtVerify(token, known, {
      audience,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(nowMs()),
    });
  const verified = async (token: string) => {
    try {
      return await verify(token, keys ?? read());
    } catch (error) {
      const isKeyUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isKeyUnknown || nowMs() - readAtMs < rereadMs) throw error;
      return await verify(token, read());
    }
  };

  return {
    async refusalOf(authorization) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) return 'the call has no bearer token';
      const endsMs = remembered.get(token);
      if (endsMs !== undefined && nowMs() < endsMs + clockToleranceSeconds * 1_000) return null;
      try {
        const { payload } = await verified(token);
        if (!payload.sub?.startsWith(`system:serviceaccount:${namespace}:`))
          return `${payload.sub} is no service account of the namespace ${namespace}`;
        if (remembered.size >= rememberedMax) remembered.clear();
        remembered.set(token, payload.exp! * 1_000);
        return null;
      } catch (error) {
        // Never the token itself.
        return `the token is not accepted: ${error instanceof Error ? error.message : String(error)}`;
      }
    },
  };
}
