// The test API server is a real one: it keeps objects, asks for permission, and comes back with its data after a crash.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type ApiServer, startApiServer } from './apiserver.ts';
import { must } from './commands.ts';
import { tool } from './tools.ts';
import { versions } from './versions.ts';

const uniqueName = (prefix: string) => `${prefix}-${crypto.randomUUID().slice(0, 8)}`;

describe('the shared API server', () => {
  test('creates a namespace and shows it', async () => {
    const kubectl = await tool('kubectl');
    const name = uniqueName('made');
    const kubectlOf = (...args: string[]) => must(kubectl, ['--kubeconfig', inject('kubeconfigPath'), ...args]);
    await kubectlOf('create', 'namespace', name);
    expect(await kubectlOf('get', 'namespace', name, '-o', 'jsonpath={.status.phase}')).toBe('Active');
  });

  test('says which Kubernetes it is, as charts and clients check', async () => {
    const kubectl = await tool('kubectl');
    const output = await must(kubectl, ['--kubeconfig', inject('kubeconfigPath'), 'version', '-o', 'json']);
    const { serverVersion, clientVersion } = JSON.parse(output);
    expect(serverVersion).toMatchObject({ gitVersion: versions.kubernetes, major: '1', minor: '34' });
    expect(clientVersion).toMatchObject({ gitVersion: versions.kubernetes });
  });
});

describe('an API server of a test’s own', () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  });
  afterAll(() => server.dispose());

  const ok = async (...args: string[]) => {
    const { stdout, stderr, code } = await server.kubectl(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };

  test('keeps its address and its objects over a crash', async () => {
    const name = uniqueName('kept');
    await ok('create', 'namespace', name);
    await server.kill();
    const { code, stderr } = await server.kubectl(['get', 'namespace', name]);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('refused') });
    await server.restart();
    expect(await ok('get', 'namespace', name, '-o', 'name')).toBe(`namespace/${name}\n`);
  });

  test('refuses who has no permission', async () => {
    expect(await ok('auth', 'can-i', 'create', 'pods')).toBe('yes\n');
    const stranger = await server.kubectl(['get', 'pods', '--as', 'stranger']);
    expect(stranger.code).toBe(1);
    expect(stranger.stderr).toContain('User "stranger" cannot list resource "pods"');
  });

  test('refuses who has no credentials, and hides none in world-readable files', async () => {
    const { status } = await fetchStatus(server, 'wrong');
    expect(status).toBe(401);
    expect((await fetchStatus(server, server.token)).status).toBe(200);
    const { mode } = await import('node:fs').then(({ statSync }) => statSync(server.kubeconfigPath));
    expect(mode & 0o077).toBe(0);
    expect(readFileSync(`${server.logDir}/apiserver.log`, 'utf8')).not.toContain(server.token);
  });
});

async function fetchStatus(server: ApiServer, token: string): Promise<{ status: number }> {
  const { Agent, fetch } = await import('undici');
  const dispatcher = new Agent({ connect: { ca: server.caPem } });
  const response = await fetch(`${server.url}/api`, { dispatcher, headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  await dispatcher.close();
  return { status: response.status };
}
