// When an object is applied again: always when it is not what was planned, never in a hot loop.
import { describe, expect, test } from 'vitest';
import type { ObjectMeta } from '#api/kubernetes.ts';
import type { ObjectToApply } from '../plan/plan.ts';
import { type Applied, decideApply, isAhead, repairWaitMs } from './apply-decision.ts';

const planned: ObjectToApply = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'enrich-function', namespace: 'shop', labels: { a: '1' } },
};
const meta: ObjectMeta = {
  name: 'enrich-function',
  namespace: 'shop',
  uid: 'u1',
  resourceVersion: '100',
  generation: 3,
  labels: { a: '1', theirs: 'x' },
};
const applied: Applied = { hash: 'h1', uid: 'u1', resourceVersion: '100', generation: 3, atMs: 0, repairs: 0 };
const laterMs = 60_000;

const decide = (change: Partial<Applied> | 'never', observed: Partial<ObjectMeta> | 'gone', nowMs = laterMs) =>
  decideApply({
    planned,
    plannedHash: 'h1',
    applied: change === 'never' ? undefined : { ...applied, ...change },
    observed: observed === 'gone' ? undefined : { metadata: { ...meta, ...observed } },
    nowMs,
  });

describe('decideApply', () => {
  test.each([
    ['never applied by this process', decide('never', {}), { kind: 'apply', why: 'first' }],
    ['planned anew', decide({ hash: 'h0' }, {}), { kind: 'apply', why: 'planned-anew' }],
    ['as it was left', decide({}, {}), { kind: 'keep' }],
    ['only its status moved', decide({}, { resourceVersion: '140' }), { kind: 'keep' }],
    ['others added a label', decide({}, { resourceVersion: '140', labels: { a: '1', b: '2' } }), { kind: 'keep' }],
    [
      'its spec was changed',
      decide({}, { resourceVersion: '140', generation: 4 }),
      { kind: 'apply', why: 'changed-by-others' },
    ],
    [
      'our label was changed',
      decide({}, { resourceVersion: '140', labels: { a: '2' } }),
      { kind: 'apply', why: 'changed-by-others' },
    ],
    ['the cache is behind our own write', decide({}, { resourceVersion: '99', generation: 2 }), { kind: 'keep' }],
    [
      'made anew by somebody',
      decide({}, { uid: 'u2', resourceVersion: '150' }),
      { kind: 'apply', why: 'changed-by-others' },
    ],
    ['the cache still shows its predecessor', decide({}, { uid: 'u0', resourceVersion: '90' }), { kind: 'keep' }],
    ['gone', decide({}, 'gone'), { kind: 'apply', why: 'missing' }],
    ['being deleted', decide({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }), { kind: 'apply', why: 'missing' }],
    ['made just now and not in the cache yet', decide({ atMs: laterMs - 500 }, 'gone'), { kind: 'wait', ms: 1_500 }],
  ])('%s', (_, decision, expected) => {
    expect(decision).toEqual(expected);
  });

  test('a kind without generation is compared by its version', () => {
    const noGeneration = { generation: undefined };
    expect(decide(noGeneration, {})).toEqual({ kind: 'keep' });
    expect(decide(noGeneration, { resourceVersion: '101' })).toEqual({ kind: 'apply', why: 'changed-by-others' });
  });

  test('who changes it back again and again is answered ever more slowly', () => {
    expect([0, 1, 2, 3, 30].map(repairWaitMs)).toEqual([0, 500, 1_000, 2_000, 300_000]);
    expect(decide({ repairs: 3, atMs: laterMs - 500 }, { resourceVersion: '140', generation: 4 })).toEqual({
      kind: 'wait',
      ms: 1_500,
    });
  });
});

describe('isAhead: the caches show a workload as it was before our last write', () => {
  test.each([
    ['an older generation', applied, { generation: 2 }, true],
    ['as we left it', applied, {}, false],
    ['changed since by others', applied, { generation: 4 }, false],
    ['another object of the same name', applied, { uid: 'u0', generation: 2 }, false],
    ['a kind without generations', { ...applied, generation: undefined }, { generation: undefined }, false],
    ['never applied by this process', undefined, { generation: 2 }, false],
  ])('%s', (_, last, observed, expected) => {
    expect(isAhead(last, { ...meta, ...observed } as ObjectMeta)).toBe(expected);
  });

  test('not in the caches at all: what is not there yet is told by the plan', () => {
    expect(isAhead(applied, undefined)).toBe(false);
  });
});
