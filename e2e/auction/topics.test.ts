// The topics that the demo creates are those that the manifests name.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { courses, topics } from './topics.ts';

const folder = new URL('../../functions-runtime/examples/auction/', import.meta.url);
const text = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');

it('each topic of a manifest is created, and each that is created is used', () => {
  const named = new Set([...text.matchAll(/topic: ([\w.-]+)/g)].map((match) => match[1]));
  expect([...named].sort()).toEqual(Object.values(topics).sort());
});

it('the judge knows the course of every binding', () => {
  const bindings = [...text.matchAll(/kind: StreamBinding\nmetadata: \{ name: ([\w-]+) \}/g)].map((match) => match[1]);
  expect(courses.map(({ binding }) => binding).sort()).toEqual(bindings.sort());
});
