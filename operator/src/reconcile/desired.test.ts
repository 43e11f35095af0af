// Desired replicas: what runs counts until the first decision, and only a change enqueues.
import { expect, test } from 'vitest';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import { createDesired } from './desired.ts';
import { keyText } from './keys.ts';

const fn = {
  kind: 'EventFunction',
  metadata: { uid: 'f1', namespace: 'shop', name: 'enrich' },
  spec: { scaling: { minReplicas: 1, maxReplicas: 4 } },
} as unknown as EventFunction;
const binding = {
  kind: 'StreamBinding',
  metadata: { uid: 'b1', namespace: 'shop', name: 'bids' },
  spec: { scaling: { minInvokers: 0, maxInvokers: 4 } },
} as unknown as StreamBinding;

function start(running: number | undefined) {
  const keys: string[] = [];
  const changes: string[] = [];
  const desired = createDesired({
    enqueue: (key) => keys.push(keyText(key)),
    running: () => running,
    onChange: (object, from, { replicas }) => changes.push(`${object.metadata.name} ${from}→${replicas}`),
  });
  return { desired, keys, changes };
}

test('before any decision: what runs, or the minimum where nothing runs', () => {
  expect(start(3).desired.replicas(fn)).toBe(3);
  expect(start(undefined).desired.replicas(fn)).toBe(1);
  expect(start(undefined).desired.replicas(binding)).toBe(0);
  expect(start(3).desired.decision(fn)).toBeUndefined();
});

test('the first decision and each change enqueue the owner; a new reason alone does not', () => {
  const { desired, keys, changes } = start(2);
  desired.wish(fn, { replicas: 2, reason: 'as it is' });
  desired.wish(fn, { replicas: 2, reason: 'still' });
  desired.wish(fn, { replicas: 0, reason: 'idle' });
  desired.wish(binding, { replicas: 0, reason: 'idle' });
  expect(keys).toEqual(['function/shop/enrich', 'function/shop/enrich', 'binding/shop/bids']);
  expect(changes).toEqual(['enrich 2→0', 'bids 2→0']);
  expect(desired.decision(fn)).toEqual({ replicas: 0, reason: 'idle' });
});

test('that lag does not fall is news once, and that it falls again', () => {
  const { desired, keys } = start(2);
  const wish = { replicas: 2, reason: 'as it is' };
  desired.wish(binding, wish);
  desired.wish(binding, { ...wish, lagNotFalling: 'tried' });
  desired.wish(binding, { ...wish, reason: 'still', lagNotFalling: 'tried' });
  desired.wish(binding, wish);
  expect(keys.length).toBe(3);
});

test('forgotten with its object', () => {
  const { desired } = start(2);
  desired.wish(fn, { replicas: 0, reason: 'idle' });
  desired.forget('f1');
  expect(desired.replicas(fn)).toBe(2);
});
