// The status of a binding: conditions, who owns what, a coarse lag, and the Events that go with changes.
import { describe, expect, it } from 'vitest';
import { findCondition } from '#api/conditions.ts';
import { planBinding } from './binding-plan.ts';
import { ranges } from './binding-status.ts';
import type { BindingObserved } from './observed.ts';
import {
  bindingObserved,
  condition,
  exampleBinding,
  exampleHash,
  failedSample,
  nowMs,
  readyPod,
  reportOf,
  sampled,
  settings,
  statefulSet,
  waitingPod,
} from './observed-examples.ts';
import type { BindingPlan } from './plan.ts';

type Over = Partial<BindingObserved>;
const plan = (over: Over = {}): BindingPlan => planBinding(bindingObserved(over), settings, exampleHash);
const said = ({ status }: BindingPlan, type: 'Ready' | 'Reconciling' | 'Stalled' | 'Active'): string => {
  const found = findCondition(status.conditions, type);
  return `${found?.status} ${found?.reason}`;
};
const decided = (replicas: number) => ({ replicas, reason: 'because' });
const positioned = (spec = {}) => exampleBinding(spec, { topicId: 'topic-1', partitions: 4 });

const wasReady = exampleBinding({}, { topicId: 'topic-1', conditions: [condition('Ready', 'True', 'Asleep')] });
const wakes = { desired: decided(1), statefulSet: statefulSet(1) };
const states: readonly [what: string, seen: Over, ready: string, active: string, stalled: string][] = [
  ['asleep', {}, 'True Asleep', 'False Asleep', 'False NotStalled'],
  ['first look', { sample: undefined }, 'Unknown AwaitingSample', 'False NotStarted', 'False NotStalled'],
  ['starts', wakes, 'False InvokersStarting', 'True Active', 'False NotStalled'],
  ['wakes', { ...wakes, binding: wasReady }, 'True Waking', 'True Active', 'False NotStalled'],
  [
    'flows',
    { ...wakes, pods: [readyPod('place-bid-invoker-0')], reports: new Map([reportOf(0)]) },
    'True Flowing',
    'True Active',
    'False NotStalled',
  ],
  [
    'invoker crashes',
    { ...wakes, pods: [waitingPod('place-bid-invoker-0', 'CrashLoopBackOff')] },
    'False InvokersFailing',
    'True Active',
    'True InvokersFailing',
  ],
  [
    'suspended is what was wanted',
    { binding: positioned({ suspend: true }) },
    'True Suspended',
    'False Suspended',
    'False NotStalled',
  ],
  [
    'suspended without a function',
    { binding: positioned({ suspend: true }), function: undefined },
    'True Suspended',
    'False Suspended',
    'False NotStalled',
  ],
  [
    'no topic: it may come',
    { sample: failedSample('TopicMissing') },
    'False TopicMissing',
    'False NotStarted',
    'False NotStalled',
  ],
  [
    'not allowed: a person must act',
    { sample: failedSample('NotAuthorized') },
    'False NotAuthorized',
    'False NotStarted',
    'True NotAuthorized',
  ],
  [
    'blocked',
    { ...wakes, reports: new Map([reportOf(0, { blocked: [{ partition: 0, offset: 1, reason: 'x' }] })]) },
    'False RecordBlocked',
    'True Active',
    'False NotStalled',
  ],
];

describe('ready', () => {
  it.each(states)('%s', (_, over, ready, active, stalled) => {
    const made = plan(over);
    expect([said(made, 'Ready'), said(made, 'Active'), said(made, 'Stalled')]).toEqual([ready, active, stalled]);
  });

  it('a roll-out reconciles while it stays ready', () => {
    const rolling = statefulSet(2, 'old', { updatedReplicas: 1, updateRevision: 'b' });
    const pods = [readyPod('place-bid-invoker-0'), readyPod('place-bid-invoker-1')];
    const made = plan({
      desired: decided(2),
      statefulSet: rolling,
      pods,
      reports: new Map([reportOf(0), reportOf(1)]),
    });
    expect([said(made, 'Ready'), said(made, 'Reconciling')]).toEqual(['True Flowing', 'True InProgress']);
  });

  it('every condition is there from the first time on, for the generation that was looked at', () => {
    const { conditions } = plan({ sample: undefined, function: undefined }).status;
    expect(conditions?.map(({ type }) => type).sort()).toEqual(
      [
        'Active',
        'Blocked',
        'FunctionAvailable',
        'Ready',
        'Reconciling',
        'SourceReachable',
        'Stalled',
        'Suspended',
        'TopicReady',
      ].sort(),
    );
    expect(conditions?.every(({ observedGeneration }) => observedGeneration === 1)).toBe(true);
  });

  it('nothing changed: the same status, byte for byte, and no events', () => {
    const first = plan(wakes);
    const second = plan({ ...wakes, binding: exampleBinding({}, first.status), nowMs: nowMs + 1_000 });
    expect(JSON.stringify(second.status)).toBe(JSON.stringify(first.status));
    expect(second.events).toEqual([]);
  });
});

describe('status', () => {
  it('shows who owns what, by ordinal', () => {
    const reports = new Map([
      reportOf(1, { ownedPartitions: [7, 5, 6] }),
      reportOf(0, { ownedPartitions: [0, 1, 2, 4] }),
      reportOf(2, { membership: 'joining' }),
    ]);
    const { status } = plan({ reports });
    expect(status.invokers).toBe(2);
    expect(status.placements).toEqual([
      { invoker: 'place-bid-invoker-0', partitions: '0-2,4' },
      { invoker: 'place-bid-invoker-1', partitions: '5-7' },
    ]);
  });

  it('who is silent for a moment is still where he was', () => {
    const before = [{ invoker: 'place-bid-invoker-0', partitions: '0-3' }];
    const silent = { binding: exampleBinding({}, { placements: before }), pods: [readyPod('place-bid-invoker-0')] };
    expect(plan(silent).status.placements).toEqual(before);
    expect(plan({ ...silent, pods: [] }).status.placements).toEqual([]);
  });

  it('remembers the topic whose positions are committed, for ever', () => {
    expect(plan({ sample: sampled([0], { positioned: false }) }).status.topicId).toBeUndefined();
    expect(plan().status.topicId).toBe('topic-1');
    expect(plan({ binding: positioned(), sample: undefined }).status.topicId).toBe('topic-1');
    expect(plan({ binding: positioned(), sample: sampled([0], { topicId: 'topic-2' }) }).status.topicId).toBe(
      'topic-1',
    );
  });

  it.each([
    ['first figure', undefined, undefined, 500, 500],
    ['too soon', 100, 10, 500, 100],
    ['half a minute later', 100, 30, 500, 500],
    ['work comes: at once', 0, 1, 500, 500],
    ['work is done: at once', 100, 1, 0, 0],
  ])('lag: %s', (_, before, agoSeconds, now, shown) => {
    const lagTime = agoSeconds === undefined ? undefined : new Date(nowMs - agoSeconds * 1000).toISOString();
    const status = before === undefined || lagTime === undefined ? {} : { lag: before, lagTime };
    expect(plan({ binding: exampleBinding({}, status), sample: sampled([now, 0]) }).status.lag).toBe(shown);
  });

  it('a failed sample leaves the last figures', () => {
    const binding = exampleBinding({}, { lag: 7, lagTime: '2026-11-21T11:00:00Z', partitions: 4 });
    expect(plan({ binding, sample: failedSample('SampleFailed') }).status).toMatchObject({ lag: 7, partitions: 4 });
  });

  it.each([
    [[], ''],
    [[3], '3'],
    [[8, 0, 2, 1, 3], '0-3,8'],
    [[10, 2], '2,10'],
  ])('ranges %j → %s', (partitions, text) => expect(ranges(partitions)).toBe(text));

  it('ranges never outgrow the field', () => {
    expect(ranges(Array.from({ length: 5_000 }, (_, index) => index * 2)).length).toBeLessThanOrEqual(1_024);
  });
});

describe('events', () => {
  const notes = (over: Over): string[] => plan(over).events.map(({ type, reason }) => `${type} ${reason}`);
  const statusWith = (type: string, status: 'True' | 'False', reason: string) =>
    exampleBinding({}, { conditions: [condition(type, status, reason)] });

  it('what is wrong is told once, although several conditions say it', () => {
    expect(notes({ sample: failedSample('TopicMissing') })).toEqual(['Warning TopicMissing']);
  });
  it('a new reason is news, the same one is not', () => {
    expect(
      notes({ sample: failedSample('TopicMissing'), binding: statusWith('Ready', 'False', 'FunctionMissing') }),
    ).toContain('Warning TopicMissing');
    const told = plan({ sample: failedSample('TopicMissing') }).status;
    expect(notes({ sample: failedSample('TopicMissing'), binding: exampleBinding({}, told) })).toEqual([]);
  });
  it('healed', () => {
    expect(notes({ binding: statusWith('Ready', 'False', 'TopicMissing') })).toContain('Normal Asleep');
  });
  it('a first start that goes well is no news', () => {
    expect(notes({ sample: undefined })).toEqual([]);
    expect(notes({ desired: decided(1) })).toEqual([]);
  });
});
