/** Which tokens open the door: those of the cluster's keys, for this function, of this namespace, while they last. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallers } from './callers.ts';

const audience = 'place-bid.auction.functions.headrace.dev';
const nowMs = Date.UTC(2026, 10, 21, 12);
const dir = mkdtempSync(join(tmpdir(), 'callers-'));
afterAll(() => rmSync(dir, { recursive: true }));

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;
let cluster: KeyPair;
let stranger: KeyPair;
beforeAll(async () => {
  [cluster, stranger] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
});

interface Wish {
  readonly by?: KeyPair;
  readonly kid?: string;
  readonly for?: string;
  readonly sub?: string;
  readonly endsMs?: number;
}
const tokenOf = (wish: Wish = {}): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: 'RS256', kid: wish.kid ?? 'one' })
    .setAudience(wish.for ?? audience)
    .setSubject(wish.sub ?? 'system:serviceaccount:auction:place-bid-invoker')
    .setExpirationTime(new Date(wish.endsMs ?? nowMs + 60_000))
    .sign((wish.by ?? cluster).privateKey);

async function keysFile(name: string, keys: Readonly<Record<string, KeyPair>>): Promise<string> {
  const path = join(dir, name);
  const jwks = Object.entries(keys).map(async ([kid, { publicKey }]) => ({
    ...(await exportJWK(publicKey)),
    ...{ kid, alg: 'RS256', use: 'sig' },
  }));
  writeFileSync(path, JSON.stringify({ keys: await Promise.all(jwks) }));
  return path;
}
const callersAt = async (time: () => number = () => nowMs) =>
  createCallers({ keysFile: await keysFile('keys.json', { one: cluster }), audience, namespace: 'auction' }, time);

describe('a call', () => {
  it('with a token of the cluster for this function is welcome', async () => {
    const callers = await callersAt();
    const authorization = `Bearer ${await tokenOf()}`;
    expect(await callers.refusalOf(authorization)).toBeNull();
    expect(await callers.refusalOf(authorization), 'the second time it is remembered').toBeNull();
  });

  it.each<[string, () => Promise<string | undefined>, RegExp]>([
    ['without a token', async () => undefined, /no bearer token/],
    ['with a password', async () => 'Basic YTpi', /no bearer token/],
    ['with nonsense', async () => 'Bearer abc', /not accepted/],
    ['signed by somebody else', async () => `Bearer ${await tokenOf({ by: stranger })}`, /signature/],
    ['for another function', async () => `Bearer ${await tokenOf({ for: 'other.auction.x' })}`, /"aud"/],
    ['past its end', async () => `Bearer ${await tokenOf({ endsMs: nowMs - 6_000 })}`, /"exp"/],
    [
      'of another namespace',
      async () => `Bearer ${await tokenOf({ sub: 'system:serviceaccount:other:default' })}`,
      /system:serviceaccount:other:default is no service account of the namespace auction/,
    ],
    ['of a person', async () => `Bearer ${await tokenOf({ sub: 'jane' })}`, /no service account/],
  ])('%s is refused', async (_, authorization, why) => {
    expect(await (await callersAt()).refusalOf(await authorization())).toMatch(why);
  });

  it('unsigned is refused', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { aud: audience, sub: 'system:serviceaccount:auction:x', exp: nowMs / 1000 + 60 };
    const token = `${part({ alg: 'none' })}.${part(claims)}.`;
    expect(await (await callersAt()).refusalOf(`Bearer ${token}`)).toMatch(/not accepted/);
  });

  it('is not welcome any more when its token has ended', async () => {
    let now = nowMs;
    const callers = await callersAt(() => now);
    const authorization = `Bearer ${await tokenOf({ endsMs: nowMs + 1_000 })}`;
    expect(await callers.refusalOf(authorization)).toBeNull();
    now += 10_000;
    expect(await callers.refusalOf(authorization)).toMatch(/"exp"/);
  });

  it('with a key that is new is welcome once the file has it', async () => {
    let now = nowMs;
    const file = await keysFile('rotated.json', { one: cluster });
    const callers = createCallers({ keysFile: file, audience, namespace: 'auction' }, () => now);
    const authorization = `Bearer ${await tokenOf({ by: stranger, kid: 'two' })}`;
    expect(await callers.refusalOf(authorization)).toMatch(/no applicable key/);
    await keysFile('rotated.json', { one: cluster, two: stranger });
    expect(await callers.refusalOf(authorization), 'the file is not read for every stranger').toMatch(/no applicable/);
    now += 5_000;
    expect(await callers.refusalOf(authorization)).toBeNull();
  });

  it('from anybody is welcome where no keys are named', async () => {
    const callers = createCallers({ keysFile: null, audience, namespace: '' }, () => nowMs);
    expect(await callers.refusalOf(undefined)).toBeNull();
  });
});
