// Where the API server is and who we are: a pod's service account, and the forms of kubeconfig that need no other program.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { inClusterApi } from './kube-api.ts';
import { kubeconfigApi } from './kubeconfig.ts';

const dir = mkdtempSync(join(tmpdir(), 'headrace-kubeconfig-'));
afterAll(() => rmSync(dir, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');
function written(cluster: object, user: object): string {
  const path = join(dir, `${crypto.randomUUID()}.json`);
  const contexts = [{ name: 'other' }, { name: 'x', context: { cluster: 'c', user: 'u' } }];
  const config = { 'current-context': 'x', contexts, clusters: [{ name: 'c', cluster }], users: [{ name: 'u', user }] };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

describe('in a pod', () => {
  writeFileSync(join(dir, 'ca.crt'), 'CA');
  const env = { KUBERNETES_SERVICE_HOST: '198.18.0.1', KUBERNETES_SERVICE_PORT: '443' };

  test('the token is read anew each time, as kubelet rotates it', () => {
    writeFileSync(join(dir, 'token'), 'first\n');
    const api = inClusterApi(env, dir);
    expect(api).toMatchObject({ url: 'https://198.18.0.1:443', caPem: 'CA' });
    expect(api.token()).toBe('first');
    writeFileSync(join(dir, 'token'), 'second');
    expect(api.token()).toBe('second');
  });

  test('an IPv6 address is put in brackets', () => {
    expect(inClusterApi({ ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, dir).url).toBe('https://[fd00::1]:443');
  });

  test('outside of one the error says what to do', () => {
    expect(() => inClusterApi({}, dir)).toThrow('KUBECONFIG');
  });
});

describe('from a kubeconfig', () => {
  const cluster = { server: 'https://example.test:6443/', 'certificate-authority-data': base64('CA') };

  test('a client certificate in the file', () => {
    const user = { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') };
    const api = kubeconfigApi(written(cluster, user));
    expect(api).toMatchObject({
      url: 'https://example.test:6443',
      caPem: 'CA',
      clientCert: { certPem: 'CERT', keyPem: 'KEY' },
    });
    expect(api.token()).toBeUndefined();
  });

  test('a token, or a file with one beside the kubeconfig', () => {
    writeFileSync(join(dir, 'other-token'), 'from-file\n');
    expect(kubeconfigApi(written(cluster, { token: 'direct' })).token()).toBe('direct');
    expect(kubeconfigApi(written(cluster, { tokenFile: 'other-token' })).token()).toBe('from-file');
  });

  test.each([
    ['exec', cluster, { exec: { command: 'aws' } }, 'use a token or a client certificate'],
    ['no verification', { ...cluster, 'insecure-skip-tls-verify': true }, {}, 'give certificate-authority-data'],
  ])('%s is refused with the next step', (_, of, user, message) => {
    expect(() => kubeconfigApi(written(of, user))).toThrow(message);
  });

  test('a context that names nothing is told by name', () => {
    const path = join(dir, 'broken.json');
    writeFileSync(path, JSON.stringify({ 'current-context': 'gone', contexts: [] }));
    expect(() => kubeconfigApi(path)).toThrow("no context named 'gone' under contexts");
  });
});
