// Image names follow from content, bundles carry what they read, archives are named after images.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archiveName } from './builder.ts';
import { bundle, inlineAssets } from './bundles.ts';
import { type Component, type Content, componentNames, components, refOf } from './components.ts';
import { contentHash } from './content-hash.ts';

const component: Component = { name: 'headrace/operator', dockerfile: 'D', entry: 'main.ts', file: 'operator.mjs' };
const content: Content = { component, bundle: Buffer.from('code'), dockerfile: 'FROM x', base: 'headrace/node:1' };

describe('the tag of an image', () => {
  test('is the same for the same content', () => {
    expect(refOf({ ...content, bundle: Buffer.from('code') })).toBe(refOf(content));
    expect(refOf(content)).toMatch(/^headrace\/operator:[0-9a-f]{12}$/);
  });

  test.each<[string, Partial<Content>]>([
    ['the code', { bundle: Buffer.from('code2') }],
    ['the Dockerfile', { dockerfile: 'FROM y' }],
    ['the base', { base: 'headrace/node:2' }],
  ])('changes with %s', (_, change) => {
    expect(refOf({ ...content, ...change })).not.toBe(refOf(content));
  });

  test('changes when content moves from one part to the next', () => {
    expect(contentHash('ab', 'c')).not.toBe(contentHash('a', 'bc'));
  });
});

test('every component has its own name, in the list of names', () => {
  expect(components.map(({ name }) => name)).toEqual([...componentNames]);
});

test('an archive is found by the image’s whole name, its earlier ones by the part before the tag', () => {
  const { file, family } = archiveName('headrace/host-node26:3fa9c2');
  expect(file).toBe('headrace_host-node26_3fa9c2.tar');
  expect(file.startsWith(family)).toBe(true);
  expect('headrace_host-node26-debug_1.tar'.startsWith(family)).toBe(false);
});

describe('a bundle', () => {
  test('holds of the Kafka client what is used: its option schemas, compiled at each start, stay out', async () => {
    const code = Buffer.from(await bundle('functions-runtime/scout/src/main.ts')).toString();
    expect(code).toContain('@platformatic/kafka/dist/network/connection.js');
    expect(code).not.toContain('createTopicsOptionsValidator');
  });
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'headrace-bundle-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  test('runs CommonJS code that calls require', async () => {
    await writeFile(join(dir, 'part.cjs'), "const { join } = require('path'); exports.joined = join('a', 'b');");
    await writeFile(join(dir, 'main.ts'), "import { joined } from './part.cjs';\nexport default joined as string;\n");
    const file = join(dir, 'out.mjs');
    await writeFile(file, await bundle(join(dir, 'main.ts')));
    expect((await import(file)).default).toBe('a/b');
  });

  test('carries the files that a package would read beside itself', async () => {
    const code = `const wasm = readFileSync(new URL('../dist/native.wasm', import.meta.url));`;
    const read: string[] = [];
    const inlined = await inlineAssets(code, async (path) => {
      read.push(path);
      return Buffer.from('\0asm');
    });
    expect(read).toEqual(['../dist/native.wasm']);
    expect(inlined).toBe(`const wasm = Buffer.from('AGFzbQ==', 'base64');`);
  });

  test('is refused when it would read a file beside itself that it does not carry', async () => {
    const code = `import { readFileSync } from 'node:fs';\nexport default readFileSync(new URL('x.wasm', import.meta.url));`;
    await writeFile(join(dir, 'reads.ts'), code);
    await expect(bundle(join(dir, 'reads.ts'))).rejects.toThrow('look for a file beside it');
  });

  test('says which entry does not exist', async () => {
    await expect(bundle(join(dir, 'absent.ts'))).rejects.toThrow('absent.ts does not exist');
  });
});
