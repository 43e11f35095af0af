// The auction's manifests are what a real API server takes, strictly.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { definitionFiles } from '../../../crds/definitions.ts';
import { tool } from '../../../e2e/cluster/tools.ts';

const namespace = 'auction-manifests';
const cacheDir = mkdtempSync(join(tmpdir(), 'headrace-auction-'));
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
let kubectl: (...args: string[]) => Promise<string>;

beforeAll(async () => {
  const command = await tool('kubectl');
  const common = ['--kubeconfig', inject('kubeconfigPath'), '--cache-dir', cacheDir];
  kubectl = async (...args) => (await promisify(execFile)(command, [...common, ...args])).stdout;
  for (const file of definitionFiles) await kubectl('apply', '--server-side', '-f', path(`../../../crds/${file}`));
  await kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
  await kubectl('create', 'namespace', namespace);
});
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

it('all are applied, four functions and four bindings', async () => {
  await kubectl('apply', '--server-side', '--validate=strict', '-n', namespace, '-f', path('.'));
  const names = await kubectl('get', 'efn,sbind', '-n', namespace, '-o', 'name');
  const expected = ['analytics', 'notify-bidders', 'place-bid', 'place-item'];
  expect(names.trim().split('\n').sort()).toEqual(
    ['eventfunction', 'streambinding'].flatMap((kind) => expected.map((name) => `${kind}.headrace.dev/${name}`)),
  );
});
