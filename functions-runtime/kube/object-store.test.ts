// What a list changes in the known objects: new, changed, gone, and replaced under the same name.
import { expect, test } from 'vitest';
import { takeList } from './object-store.ts';

const object = (name: string, uid: string, resourceVersion: string) => ({
  metadata: { name, namespace: 'shop', uid, resourceVersion },
});

test('reports new and changed, says nothing of the unchanged, and reports what is gone', () => {
  const known = new Map<string, ReturnType<typeof object>>();
  const [kept, old, gone] = [object('kept', '1', '10'), object('changed', '2', '11'), object('gone', '3', '12')];
  expect(takeList(known, [kept, old, gone])).toEqual({ changed: [kept, old, gone], deleted: [] });
  const [newer, added] = [object('changed', '2', '20'), object('added', '4', '21')];
  expect(takeList(known, [kept, newer, added])).toEqual({ changed: [newer, added], deleted: [gone] });
  expect([...known.keys()].sort()).toEqual(['shop/added', 'shop/changed', 'shop/kept']);
});

test('one that was deleted and made again in between is both deleted and changed', () => {
  const known = new Map<string, ReturnType<typeof object>>();
  const [first, second] = [object('same', '1', '10'), object('same', '2', '20')];
  takeList(known, [first]);
  expect(takeList(known, [second])).toEqual({ changed: [second], deleted: [first] });
});
