// Scale-down of invokers: placement first, pods only when their ordinals have left (D5: a graceful hand-over repeats nothing).
import { describe, expect, it } from 'vitest';
import { bindingObserved, configMap, pod, readyPod, reportOf, statefulSet } from './observed-examples.ts';
import { ordinalOf, placedInvokers, podsFor } from './placement.ts';

const name = (ordinal: number): string => `place-bid-invoker-${ordinal}`;
const pods = (...ordinals: number[]) => ordinals.map((ordinal) => readyPod(name(ordinal)));
const left = (ordinal: number, podUid?: string) =>
  reportOf(ordinal, { membership: 'left', ownedPartitions: [] }, podUid);

describe('podsFor (D5, N1)', () => {
  it.each([
    ['nothing runs yet', 3, 0, [], [], 3],
    ['grows at once', 3, 1, pods(0), [reportOf(0)], 3],
    ['stays', 2, 2, pods(0, 1), [reportOf(0), reportOf(1)], 2],
    ['keeps a pod that has not left', 1, 2, pods(0, 1), [reportOf(0), reportOf(1)], 2],
    ['keeps a pod that is leaving', 1, 2, pods(0, 1), [reportOf(1, { membership: 'leaving' })], 2],
    ['keeps a pod that says nothing', 1, 2, pods(0, 1), [reportOf(0)], 2],
    ['lets a pod go that has left', 1, 2, pods(0, 1), [reportOf(0), left(1)], 1],
    ['does not believe the report of an older pod', 1, 2, pods(0, 1), [left(1, 'uid-of-an-older-pod')], 2],
    ['lets an ordinal go that has no pod', 1, 2, pods(0), [reportOf(0)], 1],
    [
      'goes down from the top as far as they have left',
      0,
      4,
      pods(0, 1, 2, 3),
      [left(3), left(2), reportOf(1), left(0)],
      2,
    ],
    ['a gap above one that stays does not help', 0, 3, pods(0, 1, 2), [left(0), left(1)], 3],
    ['to zero', 0, 2, pods(0, 1), [left(0), left(1)], 0],
  ])('%s', (_, invokers, present, running, reports, expected) => {
    const observed = bindingObserved({ statefulSet: statefulSet(present), pods: running, reports: new Map(reports) });
    expect(podsFor(invokers, observed)).toBe(expected);
  });

  it('a pod that is being deleted still counts until it is gone', () => {
    const going = pod(name(1), {}, { deletionTimestamp: '2026-11-21T12:00:00Z' });
    expect(podsFor(1, bindingObserved({ statefulSet: statefulSet(2), pods: [readyPod(name(0)), going] }))).toBe(2);
  });
});

describe('placedInvokers', () => {
  it.each([
    [{ invokers: '3' }, 3],
    [{ invokers: '0' }, 0],
    [{ invokers: 'many' }, undefined],
    [{}, undefined],
  ])('%j → %s', (data: Record<string, string>, expected) => {
    expect(placedInvokers(bindingObserved({ placement: configMap('place-bid-placement', data) }))).toBe(expected);
  });
});

it.each([
  ['place-bid-invoker-12', 12],
  ['place-bid-invoker-', undefined],
  ['x-99999999999', undefined],
])('ordinalOf %s', (podName, ordinal) => expect(ordinalOf(podName)).toBe(ordinal));
