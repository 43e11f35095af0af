// Writes to a real API server: server-side apply, status, removal with preconditions, Events; and to one that misbehaves.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { getJson, type KubeApi } from '#kube/kube-api.ts';
import { kubeconfigApi } from '#kube/kubeconfig.ts';
import { ask, makeNamespace } from '#kube/test-requests.ts';
import { createEventRecorder } from './event-recorder.ts';
import { createKubeWriter, type KubeWriter } from './kube.ts';

const namespace = `kube-${crypto.randomUUID().slice(0, 8)}`;
let api: KubeApi;
let writer: KubeWriter;

const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});
const path = (name: string): string => `/api/v1/namespaces/${namespace}/configmaps/${name}`;
interface Stored {
  readonly metadata: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly managedFields: { manager: string; operation: string }[];
  };
  readonly data?: Record<string, string>;
}

beforeAll(async () => {
  api = kubeconfigApi(inject('kubeconfigPath'));
  writer = createKubeWriter({ kind: 'Kubeconfig', path: inject('kubeconfigPath') });
  await makeNamespace(api, namespace);
});

test('apply creates, changes, takes fields away again, and says nothing where nothing changed', async () => {
  const first = await writer.apply(configMap('applied', { a: '1', b: '2' }));
  const same = await writer.apply(configMap('applied', { a: '1', b: '2' }));
  expect(same).toEqual(first);
  await writer.apply(configMap('applied', { a: '3' }));
  const stored = await getJson<Stored>(api, path('applied'));
  expect(stored.data).toEqual({ a: '3' });
  expect(stored.metadata.managedFields).toMatchObject([{ manager: 'headrace-operator', operation: 'Apply' }]);
});

test('a refusal is a value with the server’s reason, and is not repeated', async () => {
  const result = await writer.apply({ ...configMap('bad', {}), data: { 'no key': '1' } });
  expect(result).toMatchObject({ kind: 'failed', code: 'Invalid', status: 422, retriable: false });
});

test('remove takes the very object away, and nothing else of that name', async () => {
  await writer.apply(configMap('removed', {}));
  const { metadata } = await getJson<Stored>(api, path('removed'));
  const target = { kind: 'ConfigMap', namespace, name: 'removed' };
  expect(await writer.remove({ ...target, uid: crypto.randomUUID() })).toEqual({ kind: 'ok', value: 'absent' });
  expect((await getJson<Stored>(api, path('removed'))).metadata.uid).toBe(metadata.uid);
  expect(await writer.remove({ ...target, uid: metadata.uid })).toEqual({ kind: 'ok', value: 'removed' });
  expect(await writer.remove({ ...target, uid: metadata.uid })).toEqual({ kind: 'ok', value: 'absent' });
});

test('a status of what is gone is NotFound', async () => {
  const status = { ...configMap('nowhere', {}), apiVersion: 'apps/v1', kind: 'Deployment', status: { replicas: 1 } };
  expect(await writer.applyStatus(status)).toMatchObject({ kind: 'failed', code: 'NotFound', status: 404 });
});

test('a namespace that is going away is told apart', async () => {
  const going = `${namespace}-going`;
  await makeNamespace(api, going);
  await ask(api, { method: 'DELETE', path: `/api/v1/namespaces/${going}` });
  const result = await writer.apply({ ...configMap('late', {}), metadata: { name: 'late', namespace: going } });
  expect(result).toMatchObject({ kind: 'failed', code: 'NamespaceTerminating', retriable: false });
});

test('Events: told once, repeats counted in a series, one object cannot flood', async () => {
  let nowMs = Date.now();
  const outcomes: string[] = [];
  const onOutcome = (outcome: string, message?: string): void => void outcomes.push(message ?? outcome);
  const events = createEventRecorder({ writer, instance: 'test', nowMs: () => nowMs, onOutcome });
  const subject = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'told', uid: crypto.randomUUID() };
  const event = { type: 'Warning', reason: 'TopicMissing', action: 'Check', note: 'x'.repeat(3_000) } as const;
  for (let n = 0; n < 5; n += 1) {
    events.tell(subject, event);
    nowMs += 20_000;
  }
  for (let n = 0; n < 30; n += 1) events.tell(subject, { ...event, note: `other ${n}` });
  await events.idle;
  expect(outcomes.filter((outcome) => outcome === 'dropped').length).toBeGreaterThanOrEqual(9);
  expect(outcomes.filter((outcome) => outcome !== 'dropped' && outcome !== 'sent')).toEqual([]);
  const list = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const { items } = await getJson<{ items: { note: string; series?: { count: number } }[] }>(api, list);
  expect(items.filter(({ note }) => note.startsWith('x'))).toMatchObject([{ series: { count: 5 } }]);
  expect(items.length).toBeLessThan(25);
});

test('Events of what happened once are told once, also by the next process', async () => {
  const outcomes: string[] = [];
  const onOutcome = (outcome: string, message?: string): void => void outcomes.push(message ?? outcome);
  const subject = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'once', uid: crypto.randomUUID() };
  const event = { type: 'Warning', reason: 'OffsetOutOfRange', action: 'Skip', note: 'told once' } as const;
  for (const instance of ['first', 'second']) {
    const events = createEventRecorder({ writer, instance, nowMs: Date.now, onOutcome });
    for (const once of ['a', 'b', 'a', 'b']) events.tell(subject, { ...event, once });
    await events.idle;
  }
  expect(outcomes).toEqual(['sent', 'sent', 'sent', 'sent']);
  const list = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const { items } = await getJson<{ items: { note: string; reportingInstance: string }[] }>(api, list);
  const told = items.filter(({ note }) => note === 'told once');
  expect(told.map(({ reportingInstance }) => reportingInstance)).toEqual(['first', 'first']);
});

/** An API server that answers with these statuses in turn; `hang`: never. */
async function misbehaving(answers: readonly (number | 'hang' | 'reset')[]) {
  let asked = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    if (answer === 'hang') return;
    if (answer === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(answer ?? 500, {
      'content-type': 'application/json',
      ...(answer === 429 ? { 'retry-after': '1' } : {}),
    });
    response.end(JSON.stringify(answer === 200 ? { metadata: { uid: 'u', resourceVersion: '1' } } : { message: 'no' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = join(mkdtempSync(join(tmpdir(), 'headrace-kube-')), 'config');
  const cluster = { name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } };
  const context = { name: 'x', context: { cluster: 'c', user: 'u' } };
  const users = [{ name: 'u', user: { token: 't' } }];
  writeFileSync(
    kubeconfig,
    JSON.stringify({ clusters: [cluster], contexts: [context], users, 'current-context': 'x' }),
  );
  return {
    writer: createKubeWriter({ kind: 'Kubeconfig', path: kubeconfig }),
    asked: () => asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('429, 500 and a reset are tried again, and Retry-After is honoured', async () => {
  const server = await misbehaving([429, 500, 'reset', 200]);
  const started = Date.now();
  expect(await server.writer.apply(configMap('x', {}))).toMatchObject({ kind: 'ok' });
  expect(server.asked()).toBe(4);
  expect(Date.now() - started).toBeGreaterThanOrEqual(1_000);
  server.close();
});

test('after a bounded number of tries it is a failure that may pass', async () => {
  const server = await misbehaving([503]);
  expect(await server.writer.apply(configMap('x', {}))).toMatchObject({ kind: 'failed', status: 503, retriable: true });
  expect(server.asked()).toBe(4);
  server.close();
});

test('a server that never answers costs a bounded time', { timeout: 60_000 }, async () => {
  const server = await misbehaving(['hang', 200]);
  const started = Date.now();
  expect(await server.writer.apply(configMap('x', {}))).toMatchObject({ kind: 'ok' });
  expect(Date.now() - started).toBeLessThan(12_000);
  await vi.waitFor(() => expect(server.asked()).toBe(2));
  server.close();
});
