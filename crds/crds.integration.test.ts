// What a real API server takes, fills in, shows and refuses: every example, with the message that a user of kubectl sees.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { tool } from '../e2e/cluster/tools.ts';
import { definitionFiles } from './definitions.ts';

const here = (path: string): string => new URL(path, import.meta.url).pathname;
const examples = (kind: 'accepted' | 'rejected'): string[] => readdirSync(here(`examples/${kind}`)).sort();

const namespace = 'crd-examples';
const cacheDir = mkdtempSync(join(tmpdir(), 'headrace-crds-'));
const crdNames = definitionFiles.map((file) => `crd/${file.replace('.yaml', '')}s.headrace.dev`);
let kubectl: (...args: string[]) => Promise<string>;

beforeAll(async () => {
  const command = await tool('kubectl');
  const common = ['--kubeconfig', inject('kubeconfigPath'), '--cache-dir', cacheDir];
  kubectl = async (...args) => (await promisify(execFile)(command, [...common, ...args])).stdout;
  for (const file of definitionFiles) await kubectl('apply', '--server-side', '-f', here(file));
  await kubectl('wait', '--for=condition=Established', '--timeout=60s', ...crdNames);
  await kubectl('create', 'namespace', namespace);
});
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

const apply = (file: string): Promise<string> =>
  kubectl('apply', '--server-side', '--validate=strict', '-n', namespace, '-f', here(`examples/accepted/${file}`));

const patch = (kind: string, name: string, change: unknown, ...flags: string[]): Promise<string> =>
  kubectl('patch', kind, name, '-n', namespace, '--type=merge', '-p', JSON.stringify(change), ...flags);

describe('the definitions', () => {
  it.each(crdNames)('%s: structural, with nothing for the API server to complain about', async (name) => {
    const crd = JSON.parse(await kubectl('get', name, '-o', 'json')) as {
      status: { conditions: { type: string; status: string }[] };
    };
    const conditions = Object.fromEntries(crd.status.conditions.map((c) => [c.type, c.status]));
    expect(conditions).toMatchObject({ Established: 'True', NamesAccepted: 'True' });
    expect(conditions).not.toHaveProperty('NonStructuralSchema');
  });
});

describe('accepted', () => {
  it.each(examples('accepted'))('%s', async (file) => {
    await apply(file);
  });
});

describe('rejected with the message a user sees', () => {
  it.each(examples('rejected'))('%s', async (file) => {
    const path = here(`examples/rejected/${file}`);
    const expected = /^# expect: (.+)\n/.exec(readFileSync(path, 'utf8'))?.[1];
    expect(expected, `${file} begins with # expect: <part of the message>`).toBeDefined();
    await expect(kubectl('create', '--validate=strict', '-n', namespace, '-f', path)).rejects.toThrow(expected!);
  });
});

describe('defaults', () => {
  it('stand in the stored binding, so that everybody sees what holds', async () => {
    await apply('binding-minimal.yaml');
    const { spec } = JSON.parse(await kubectl('get', 'sbind', 'echo', '-n', namespace, '-o', 'json'));
    expect(spec).toEqual({
      functionRef: { name: 'echo' },
      kafka: { bootstrapServers: ['kafka.kafka.svc:9092'] },
      source: { topic: 'shop.orders', initialOffset: 'Earliest', onOffsetOutOfRange: 'Stop', format: 'Auto' },
      ordering: 'Partition',
      batch: { maxRecords: 100, maxBytes: '1Mi', maxWait: '0s' },
      flow: { maxBufferedBytes: '64Mi', maxResponseBytes: '6Mi', drainTimeout: '20s' },
      delivery: { retry: { maxAttempts: 10, initialBackoff: '300ms', maxBackoff: '1m', maxAge: '6h' } },
      scaling: { target: { lag: 1000 }, minInvokers: 0, maxInvokers: 4, idleTimeout: '60s' },
      suspend: false,
    });
  });

  it('stand in the stored function', async () => {
    await apply('function-inline.yaml');
    const { spec } = JSON.parse(await kubectl('get', 'efn', 'echo', '-n', namespace, '-o', 'json'));
    expect(spec).toMatchObject({
      handler: 'default',
      signature: 'Auto',
      concurrency: 1,
      timeout: '30s',
      scaling: { minReplicas: 0, maxReplicas: 10 },
    });
  });
});

describe('topic and group are for ever', () => {
  const group = 'source.consumerGroup cannot be changed, added or removed';
  it.each([
    ['topic changed', 'echo', { topic: 'shop.other' }, 'source.topic cannot be changed'],
    ['group added', 'echo', { consumerGroup: 'mine' }, group],
    ['group changed', 'backfill', { consumerGroup: 'other' }, group],
    ['group removed', 'backfill', { consumerGroup: null }, group],
  ])('%s', async (_, name, source, message) => {
    await apply('binding-minimal.yaml');
    await apply('binding-from-timestamp.yaml');
    await expect(patch('sbind', name, { spec: { source } })).rejects.toThrow(message);
  });

  it('other fields of the source may change', async () => {
    await apply('binding-minimal.yaml');
    await patch('sbind', 'echo', { spec: { source: { onOffsetOutOfRange: 'Earliest' } } });
  });
});

describe('columns', () => {
  it.each([
    ['sbind', ['TOPIC', 'FUNCTION', 'READY', 'REASON', 'INVOKERS', 'LAG', 'AGE', 'ORDERING', 'PARTITIONS', 'GROUP']],
    ['efn', ['RUNTIME', 'READY', 'REASON', 'REPLICAS', 'DESIRED', 'AGE', 'URL']],
  ])('%s', async (kind, columns) => {
    await apply(kind === 'sbind' ? 'binding-minimal.yaml' : 'function-inline.yaml');
    const [head = ''] = (await kubectl('get', kind, '-n', namespace, '-o', 'wide')).split('\n');
    expect(head.trim().split(/\s+/)).toEqual(['NAME', ...columns]);
  });
});

it('bindings are found by their function', async () => {
  await apply('binding-minimal.yaml');
  await apply('binding-full.yaml');
  const found = await kubectl(
    'get',
    'sbind',
    '-n',
    namespace,
    '--field-selector',
    'spec.functionRef.name=echo',
    '-o',
    'name',
  );
  expect(found.trim()).toBe('streambinding.headrace.dev/echo');
});

it('a change of status does not move the generation', async () => {
  await apply('function-inline.yaml');
  const generation = (): Promise<string> =>
    kubectl('get', 'efn', 'echo', '-n', namespace, '-o', 'jsonpath={.metadata.generation}');
  const before = await generation();
  await patch('efn', 'echo', { status: { replicas: 3 } }, '--subresource=status');
  expect(await generation()).toBe(before);
});
