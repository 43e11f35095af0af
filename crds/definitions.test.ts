// Rules on the definitions themselves: everything described, everything bounded, defaults that agree, copies that are fresh.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { definitionFiles, readDefinition, type Schema, walk } from './definitions.ts';
import { generatedFiles } from './generate.ts';

describe.each(definitionFiles)('%s', (file) => {
  const { schema, columns } = readDefinition(file);
  const nodes = [...walk(schema)];
  const paths = (wrong: (path: string, node: Schema) => boolean): string[] =>
    nodes.filter(([path, node]) => wrong(path, node)).map(([path]) => path);

  it('every field has a description', () => {
    expect(paths((path, node) => !/\[\]$|\.\*$|^metadata$/.test(path) && (node.description ?? '').length < 5)).toEqual(
      [],
    );
    expect(columns.filter((column) => !column.description)).toEqual([]);
  });

  it('every text, list, map and number of spec is bounded', () => {
    const unbounded = (path: string, node: Schema): boolean => {
      if (!path.startsWith('spec')) return false;
      if (node['x-kubernetes-int-or-string']) return node.maxLength === undefined;
      if (node.type === 'string') return node.enum === undefined && node.maxLength === undefined;
      if (node.type === 'array') return node.maxItems === undefined;
      if (node.type === 'integer') return node.minimum === undefined || node.maximum === undefined;
      return node.additionalProperties !== undefined && node.maxProperties === undefined;
    };
    expect(paths(unbounded)).toEqual([]);
  });

  it('every text, list and map of status is bounded', () => {
    const unbounded = (path: string, node: Schema): boolean =>
      path.startsWith('status') &&
      ((node.type === 'string' && node.enum === undefined && node.format === undefined && !node.maxLength) ||
        (node.type === 'array' && !node.maxItems));
    expect(paths(unbounded)).toEqual([]);
  });

  it('lists say how they merge', () => {
    expect(paths((_, node) => node.type === 'array' && node['x-kubernetes-list-type'] === undefined)).toEqual([]);
  });

  it("an object's default agrees with the defaults of its fields", () => {
    const wrong = nodes.flatMap(([path, node]) =>
      Object.entries((node.default as Record<string, unknown> | undefined) ?? {})
        .filter(([name]) => node.type === 'object' && node.properties?.[name]?.default !== undefined)
        .filter(([name, value]) => node.properties?.[name]?.default !== value)
        .map(([name]) => `${path}.${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('where a field has a default, its parents have one or are required', () => {
    const wrong = nodes
      .filter(([path, node]) => path.startsWith('spec.') && !path.includes('[]') && node.default !== undefined)
      .flatMap(([path]) => parents(path))
      .filter((parent) => !alwaysThere(nodes, parent) && !optionalByDesign.includes(parent));
    expect([...new Set(wrong)]).toEqual([]);
  });

  it('every rule names its field and a way out', () => {
    const messages = nodes.flatMap(([, node]) => (node['x-kubernetes-validations'] ?? []).map((rule) => rule.message));
    expect(messages.length).toBeGreaterThan(5);
    expect(messages.filter((message) => !/^[a-z]\w+(\.\w+)*|env names/.test(message) || message.length < 25)).toEqual(
      [],
    );
  });
});

/** Absent means off: their fields have defaults only where they are given. */
const optionalByDesign = ['spec.output'];

const parents = (path: string): string[] => {
  const parts = path.split('.');
  return parts.slice(1, -1).map((_, index) => parts.slice(0, index + 2).join('.'));
};

function alwaysThere(nodes: readonly (readonly [string, Schema])[], path: string): boolean {
  const at = path.lastIndexOf('.');
  const node = nodes.find(([other]) => other === path)?.[1];
  const parent = nodes.find(([other]) => other === path.slice(0, at))?.[1];
  return node?.default !== undefined || (parent?.required ?? []).includes(path.slice(at + 1));
}

describe('generated files', () => {
  it.each(Object.entries(generatedFiles()))('%s is fresh (else: make generate)', (path, text) => {
    expect(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')).toBe(text);
  });
});
