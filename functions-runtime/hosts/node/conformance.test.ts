// The Node host against the contract's vectors: a real host process on the loopback interface per file.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HostProcess } from '../conformance/host-process.ts';
import { differences, readVectors } from '../conformance/vectors.ts';

const nodeHost = {
  language: 'node',
  command: process.execPath,
  args: [fileURLToPath(new URL('main.ts', import.meta.url))],
};

const files = readVectors(new URL('../../contract/vectors/', import.meta.url));

describe.each(files.map((file) => [file.file, file] as const))('%s', (_, { settings, code, vectors }) => {
  let host: HostProcess;
  beforeAll(async () => {
    const texts = Object.entries(code[nodeHost.language] ?? {}).map(([name, lines]) => [name, `${lines.join('\n')}\n`]);
    host = await HostProcess.start(nodeHost, settings, Object.fromEntries(texts) as Record<string, string>);
  });
  afterAll(() => host?.stop());

  it.each(vectors.map(({ name, steps }) => [name, steps] as const))('%s', async (_, steps) => {
    expect(await host.play(steps)).toEqual([]);
  });
});

describe('the comparison itself', () => {
  const received = { status: 200, headers: { a: '1' }, body: '{"x":[1,{"y":"abc"}]}' };
  it.each([
    ['status', { status: 201 }],
    ['header', { status: 200, headers: { a: '2' } }],
    ['header that should be absent', { status: 200, headers: { a: null } }],
    ['value in the body', { status: 200, body: { x: [2, { y: 'abc' }] } }],
    ['text in the body', { status: 200, body: { x: [1, { y: { $contains: 'd' } }] } }],
    ['missing member', { status: 200, body: { x: [1, { y: 'abc' }], z: 1 } }],
    ['member too many', { status: 200, body: {} }],
  ])('sees another %s', (_, expected) => {
    expect(differences(received, expected)).not.toEqual([]);
  });
  it('is content with what was expected', () => {
    const expected = { status: 200, headers: { a: '1', b: null }, body: { x: [1, { y: { $contains: 'b' } }] } };
    expect(differences(received, expected)).toEqual([]);
  });
});
