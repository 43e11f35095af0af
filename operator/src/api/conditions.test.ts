// Setting conditions: what moves, what stays, and what kstatus reads out of it.
import { describe, expect, it } from 'vitest';
import { type Finding, findCondition, progress, say, setCondition } from './conditions.ts';
import type { Condition } from './kubernetes.ts';
import { bindingReasons, functionReasons, progressReasons } from './reasons.ts';

const at = (second: number): number => Date.UTC(2026, 0, 1, 0, 0, second, 500);
const finding = (over: Partial<Finding> = {}): Finding => ({
  type: 'Ready',
  status: 'False',
  reason: 'TopicMissing',
  message: 'the topic x does not exist',
  ...over,
});

describe('setCondition', () => {
  const first = setCondition([], finding(), 1, at(1));

  it('adds what is not there', () => {
    expect(first).toEqual([
      {
        type: 'Ready',
        status: 'False',
        reason: 'TopicMissing',
        message: 'the topic x does not exist',
        observedGeneration: 1,
        lastTransitionTime: '2026-01-01T00:00:01Z',
      },
    ]);
  });

  it('moves the time when the status changes, and only then', () => {
    const sameStatus = setCondition(first, finding({ reason: 'BrokerUnreachable', message: 'm' }), 2, at(5));
    expect(sameStatus[0]).toMatchObject({
      lastTransitionTime: '2026-01-01T00:00:01Z',
      observedGeneration: 2,
      message: 'm',
    });
    const turned = setCondition(sameStatus, finding({ status: 'True', reason: 'Flowing' }), 2, at(9));
    expect(turned[0]?.lastTransitionTime).toBe('2026-01-01T00:00:09Z');
  });

  it('leaves others alone, in their order', () => {
    const foreign: Condition = { type: 'Mine', status: 'True', lastTransitionTime: 't', reason: 'R', message: '' };
    const two = setCondition([foreign, ...first], finding({ type: 'Active' }), 1, at(2));
    expect(two.map((c) => c.type)).toEqual(['Mine', 'Ready', 'Active']);
    expect(setCondition(two, finding(), 1, at(3))[0]).toBe(foreign);
  });

  it('cuts a message that a status cannot hold', () => {
    const [long] = setCondition([], finding({ message: 'x'.repeat(5_000) }), 1, at(1));
    expect(long?.message).toHaveLength(1_024);
  });
});

describe('progress', () => {
  const types = (findings: readonly Finding[]): Record<string, string> =>
    Object.fromEntries(findings.map((f) => [f.type, `${f.status} ${f.reason}`]));

  it.each([
    [
      'ready',
      finding({ status: 'True', reason: 'Flowing' }),
      undefined,
      undefined,
      'False Settled',
      'False NotStalled',
    ],
    [
      'ready, rolling',
      finding({ status: 'True', reason: 'Flowing' }),
      undefined,
      '1 of 2',
      'True InProgress',
      'False NotStalled',
    ],
    [
      'on its way',
      finding({ reason: 'InvokersStarting' }),
      undefined,
      undefined,
      'True InProgress',
      'False NotStalled',
    ],
    [
      'waits for others',
      finding({ reason: 'TopicMissing' }),
      undefined,
      undefined,
      'False Settled',
      'False NotStalled',
    ],
    [
      'needs a person',
      finding({ reason: 'NotAuthorized' }),
      undefined,
      'rolling',
      'False Settled',
      'True NotAuthorized',
    ],
    [
      'ready, but the new pods crash',
      finding({ status: 'True', reason: 'Available' }),
      finding({ type: 'Stalled', reason: 'PodsCrashing' }),
      'rolling',
      'False Settled',
      'True PodsCrashing',
    ],
  ])('%s', (_, ready, trouble, rolling, reconciling, stalled) => {
    expect(types(progress(ready, trouble, rolling))).toEqual({ Reconciling: reconciling, Stalled: stalled });
  });
});

it('say adds the next step where there is one', () => {
  expect(say('the topic x does not exist', 'TopicMissing')).toBe(
    'the topic x does not exist; next: create the topic; Headrace creates none',
  );
  expect(say('2 invokers', 'Flowing')).toBe('2 invokers');
});

it('a reason of both lists means nearly the same in both', () => {
  const shared = Object.keys(functionReasons).filter((reason) => reason in bindingReasons || reason in progressReasons);
  expect(shared.sort()).toEqual(['RollingOut', 'Waking']);
});

it('findCondition finds nothing in nothing', () => {
  expect(findCondition(undefined, 'Ready')).toBeUndefined();
});
