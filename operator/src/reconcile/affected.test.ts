// Which keys a change enqueues: owners of children, and both sides of what refers to each other.
import { expect, test } from 'vitest';
import { labels } from '#api/names.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import { affectedBy } from './affected.ts';
import type { Change, Child } from './cluster.ts';
import { keyText } from './keys.ts';
import { ObjectCache } from './object-cache.ts';

const meta = (name: string, generation = 1) => ({
  name,
  namespace: 'shop',
  uid: `uid-${name}`,
  resourceVersion: '1',
  generation,
});
const fn = (name: string, configMap?: string): EventFunction =>
  ({
    metadata: meta(name),
    spec: { code: configMap === undefined ? {} : { configMapRef: { name: configMap } } },
  }) as never;
const binding = (name: string, functionName: string, consumerGroup?: string, generation = 1): StreamBinding =>
  ({
    metadata: meta(name, generation),
    spec: { functionRef: { name: functionName }, source: consumerGroup === undefined ? {} : { consumerGroup } },
  }) as never;

const functions = new ObjectCache<EventFunction>();
for (const one of [fn('enrich', 'enrich-src'), fn('audit')]) functions.put(one);
const bindings = new ObjectCache<StreamBinding>();
for (const one of [binding('bids', 'enrich', 'g'), binding('items', 'enrich'), binding('rival', 'audit', 'g')])
  bindings.put(one);

const keysOf = (change: Omit<Change, 'what'> & { what?: Change['what'] }): string[] =>
  [...new Set(affectedBy({ what: 'changed', ...change }, { functions, bindings }).map(keyText))].sort();
const child = (component: string, more: Record<string, string> = {}, name = 'x'): Child => ({
  metadata: { ...meta(name), labels: { [labels.component]: component, ...more } },
});

test('a function concerns itself and its bindings', () => {
  expect(keysOf({ kind: 'EventFunction', object: fn('enrich') })).toEqual([
    'binding/shop/bids',
    'binding/shop/items',
    'function/shop/enrich',
  ]);
});

test('a new binding concerns itself, its function, the scout, and whoever has the same consumer group', () => {
  expect(keysOf({ kind: 'StreamBinding', object: binding('bids', 'enrich', 'g') })).toEqual([
    'binding/shop/bids',
    'binding/shop/rival',
    'function/shop/enrich',
    'scout/shop',
  ]);
});

test('a binding whose status moved concerns itself and its function only', () => {
  const object = binding('bids', 'enrich', 'g');
  expect(keysOf({ kind: 'StreamBinding', object, before: object })).toEqual([
    'binding/shop/bids',
    'function/shop/enrich',
  ]);
});

test('a binding that changed its function concerns both functions', () => {
  const before = binding('bids', 'audit', 'g', 1);
  const object = binding('bids', 'enrich', 'g', 2);
  expect(keysOf({ kind: 'StreamBinding', object, before })).toEqual(
    expect.arrayContaining(['function/shop/audit', 'function/shop/enrich']),
  );
});

test.each([
  ['Deployment', child('function', { [labels.function]: 'enrich' }), ['function/shop/enrich']],
  ['StatefulSet', child('invoker', { [labels.binding]: 'bids' }), ['binding/shop/bids']],
  ['Pod', child('invoker', { [labels.binding]: 'bids' }), ['binding/shop/bids']],
  ['Deployment', child('scout'), ['scout/shop']],
  ['ConfigMap', { metadata: meta('enrich-src') }, ['function/shop/enrich']],
  ['ConfigMap', { metadata: meta('another') }, []],
] as const)('a child (%s) concerns its owner, a source its readers', (kind, object, keys) => {
  expect(keysOf({ kind, object: object as Child })).toEqual(keys);
});

test('a child that lost its labels still concerns the owner it had', () => {
  const before = child('invoker', { [labels.binding]: 'bids' });
  expect(keysOf({ kind: 'StatefulSet', object: { metadata: meta('x') }, before })).toEqual(['binding/shop/bids']);
});
