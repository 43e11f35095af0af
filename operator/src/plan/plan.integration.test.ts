// A real API server takes every object of every plan, pods in a namespace that enforces restricted pod security, and the status.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import { tool } from '../../../e2e/cluster/tools.ts';
import { planBinding } from './binding-plan.ts';
import { planFunction } from './function-plan.ts';
import { planNamespace } from './namespace-plan.ts';
import type { BindingObserved } from './observed.ts';
import { bindingObserved, functionObserved, readyPod, reportOf, sampled, settings } from './observed-examples.ts';
import type { ObjectToApply } from './plan.ts';
import type { Hash } from './settings.ts';

const namespace = 'plan-objects';
const cacheDir = mkdtempSync(join(tmpdir(), 'headrace-plan-'));
const file = (path: string): string => new URL(`../../../crds/${path}`, import.meta.url).pathname;
const example = (name: string): string => file(`examples/accepted/${name}`);
const hash: Hash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 10);
let command: string;
let common: readonly string[];

beforeAll(async () => {
  command = await tool('kubectl');
  common = ['--kubeconfig', inject('kubeconfigPath'), '--cache-dir', cacheDir];
  await kubectl('apply', '--server-side', '-f', file('eventfunction.yaml'), '-f', file('streambinding.yaml'));
  await kubectl(
    'wait',
    '--for=condition=Established',
    '--timeout=60s',
    'crd/eventfunctions.headrace.dev',
    'crd/streambindings.headrace.dev',
  );
  await kubectl('create', 'namespace', namespace);
  await kubectl('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
});
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

const kubectl = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(command, [...common, '-n', namespace, ...args])).stdout;

/** As the operator does it: server-side apply, unknown fields refused. */
function apply(object: unknown, ...flags: string[]): Promise<void> {
  const child = spawn(command, [
    ...common,
    'apply',
    '--server-side',
    '--field-manager=headrace-operator',
    '--validate=strict',
    ...flags,
    '-f',
    '-',
  ]);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.end(JSON.stringify(object));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(stderr))));
  });
}

async function stored<T>(exampleFile: string, kind: string, name: string): Promise<T> {
  await kubectl('apply', '--server-side', '-f', example(exampleFile));
  return JSON.parse(await kubectl('get', kind, name, '-o', 'json')) as T;
}

async function takesAll(objects: readonly ObjectToApply[]): Promise<void> {
  for (const object of objects) {
    await apply(object);
    const template = (object as { spec?: { template?: { metadata: object; spec: object } } }).spec?.template;
    if (template === undefined) continue;
    // Pod security is enforced on pods, not on what makes them. Dry: no controller is here to end them.
    const metadata = { ...template.metadata, name: `${object.metadata.name}-dry`, namespace };
    await apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec }, '--dry-run=server');
  }
}

describe('functions', () => {
  it.each([
    ['function-inline.yaml', 'echo'],
    ['function-full.yaml', 'place-bid'],
    ['function-container.yaml', 'enrich'],
    ['function-container-batch.yaml', 'enrich-many'],
  ])('%s', async (file, name) => {
    const fn = await stored<EventFunction>(file, 'efn', name);
    const plan = planFunction(
      functionObserved({ function: fn, desired: { replicas: 2, reason: 'test' } }),
      settings,
      hash,
    );
    await takesAll(plan.apply);
    await apply(
      { apiVersion: fn.apiVersion, kind: fn.kind, metadata: { name, namespace }, status: plan.status },
      '--subresource=status',
    );
  });
});

describe('bindings', () => {
  it.each([
    ['binding-minimal.yaml', 'echo'],
    ['binding-output-routes.yaml', 'place-item'],
    ['binding-dead-letter.yaml', 'place-bid'],
    ['binding-full.yaml', 'notify-bidders'],
  ])('%s', async (file, name) => {
    const binding = await stored<StreamBinding>(file, 'sbind', name);
    const fn = await stored<EventFunction>('function-inline.yaml', 'efn', 'echo');
    const seen: Partial<BindingObserved> = {
      binding,
      function: fn,
      desired: { replicas: 1, reason: 'test' },
      sample: sampled([5, 0]),
      pods: [readyPod(`${name}-invoker-0`)],
      reports: new Map([reportOf(0, { blocked: [{ partition: 1, offset: 3, reason: 'HTTP 500' }] })]),
    };
    const plan = planBinding(bindingObserved(seen), settings, hash);
    expect(plan.apply).toHaveLength(7);
    await takesAll(plan.apply);
    const metadata = { name, namespace };
    await apply(
      { apiVersion: binding.apiVersion, kind: binding.kind, metadata, status: plan.status },
      '--subresource=status',
    );
    const { status } = JSON.parse(await kubectl('get', 'sbind', name, '-o', 'json')) as StreamBinding;
    expect(status, 'nothing of the status was dropped as unknown').toEqual(plan.status);
  });
});

it('the scout', async () => {
  const binding = await stored<StreamBinding>('binding-minimal.yaml', 'sbind', 'echo');
  const bindings = [binding];
  await takesAll(
    planNamespace({ namespace, bindings, scoutDeployment: undefined, scoutService: undefined }, settings).apply,
  );
});

it('the namespace does refuse what is not restricted', async () => {
  const spec = { containers: [{ name: 'c', image: 'x:1' }] };
  const plain = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'plain', namespace }, spec };
  await expect(apply(plain, '--dry-run=server')).rejects.toThrow('violates PodSecurity "restricted:latest"');
});

it('a function that becomes a container of its own keeps nothing of the host in its pods', async () => {
  const before = await stored<EventFunction>('function-full.yaml', 'efn', 'place-bid');
  const { code: _, ...rest } = before.spec;
  const after = {
    ...before,
    spec: { ...rest, runtime: 'container' as const, image: 'shop/bid:1', handler: 'default' },
  };
  for (const fn of [before, after])
    await takesAll(planFunction(functionObserved({ function: fn }), settings, hash).apply);
  const { spec } = JSON.parse(await kubectl('get', 'deployment', 'place-bid-function', '-o', 'json')).spec.template;
  expect(spec.volumes.map(({ name }: { name: string }) => name)).toEqual(['tmp']);
  const [only] = spec.containers;
  expect(only).toMatchObject({ image: 'shop/bid:1', lifecycle: { preStop: { sleep: { seconds: 35 } } } });
  expect(only.env.filter(({ name }: { name: string }) => name.startsWith('HEADRACE_'))).toEqual([]);
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
    expect(only[probe]).not.toHaveProperty('httpGet');
});
