// The checks of a binding, one table each: what is seen → condition and reason; every bad one says what to do next.
import { describe, expect, it } from 'vitest';
import { timeText } from '#api/quantities.ts';
import * as checks from './binding-checks.ts';
import type { BindingObserved } from './observed.ts';
import {
  bindingObserved,
  bindingSpec,
  condition,
  exampleBinding,
  exampleFunction,
  failedSample,
  nowMs,
  pod,
  readyFunction,
  reportOf,
  sampled,
} from './observed-examples.ts';

type Over = Partial<BindingObserved>;
const said = ({ status, reason }: { status: string; reason: string }): string => `${status} ${reason}`;
const functionThat = (status: 'True' | 'False' | 'Unknown', reason: string) =>
  exampleFunction({}, { conditions: [condition('Ready', status, reason)] });

describe('functionAvailable', () => {
  const gone = { ...readyFunction, metadata: { ...readyFunction.metadata, deletionTimestamp: '2026-11-21T12:00:00Z' } };
  it.each<[string, Over, string]>([
    ['missing', { function: undefined }, 'False FunctionMissing'],
    ['being deleted', { function: gone }, 'False FunctionMissing'],
    ['not reconciled yet', { function: exampleFunction() }, 'Unknown FunctionNotReady'],
    ['broken', { function: functionThat('False', 'PodsCrashing') }, 'False FunctionNotReady'],
    ['asleep', { function: functionThat('True', 'ScaledToZero') }, 'True FunctionReady'],
    ['ready', {}, 'True FunctionReady'],
    [
      'waking: no call gets through yet',
      { function: functionThat('True', 'Waking'), reports: new Map([reportOf(0, { functionAvailable: false })]) },
      'True FunctionReady',
    ],
    [
      'ready, but no call gets through: at first unknown',
      { reports: new Map([reportOf(0, { functionAvailable: false })]) },
      'Unknown FunctionNotAnswering',
    ],
    [
      'one of two invokers gets through',
      { reports: new Map([reportOf(0, { functionAvailable: false }), reportOf(1)]) },
      'True FunctionReady',
    ],
    [
      'an invoker without partitions has nothing to say',
      { reports: new Map([reportOf(0, { functionAvailable: false, ownedPartitions: [] })]) },
      'True FunctionReady',
    ],
  ])('%s', (_, over, expected) => expect(said(checks.functionAvailable(bindingObserved(over)))).toBe(expected));

  it('no call gets through for a while: false, and it stays false until one does', () => {
    const reports = new Map([reportOf(0, { functionAvailable: false })]);
    const foundLater = (status: 'Unknown' | 'False', seconds: number): string => {
      const lastTransitionTime = new Date(nowMs - seconds * 1000).toISOString();
      const before = { ...condition('FunctionAvailable', status, 'FunctionNotAnswering'), lastTransitionTime };
      return said(
        checks.functionAvailable(bindingObserved({ reports, binding: exampleBinding({}, { conditions: [before] }) })),
      );
    };
    expect(foundLater('Unknown', 5)).toBe('Unknown FunctionNotAnswering');
    expect(foundLater('Unknown', 20)).toBe('False FunctionNotAnswering');
    expect(foundLater('False', 1)).toBe('False FunctionNotAnswering');
  });
});

describe('sourceReachable and topicReady', () => {
  it.each<[string, Over, string, string]>([
    ['nobody looked yet', { sample: undefined }, 'Unknown AwaitingSample', 'Unknown AwaitingSample'],
    ['all well', {}, 'True BrokerReached', 'True TopicPositioned'],
    [
      'no broker',
      { sample: failedSample('BrokerUnreachable') },
      'False BrokerUnreachable',
      'Unknown BrokerUnreachable',
    ],
    ['not allowed', { sample: failedSample('NotAuthorized') }, 'False NotAuthorized', 'Unknown NotAuthorized'],
    ['the scout failed', { sample: failedSample('SampleFailed') }, 'Unknown SampleFailed', 'Unknown SampleFailed'],
    ['no topic', { sample: failedSample('TopicMissing') }, 'True BrokerReached', 'False TopicMissing'],
    [
      'no output topic',
      { sample: failedSample('RequiredTopicMissing') },
      'True BrokerReached',
      'False RequiredTopicMissing',
    ],
    ['positions lost (D11)', { sample: failedSample('OffsetsMissing') }, 'True BrokerReached', 'False OffsetsMissing'],
    ['foreign members', { sample: failedSample('GroupInUse') }, 'True BrokerReached', 'False GroupInUse'],
    [
      'positions not committed yet',
      { sample: sampled([0], { positioned: false }) },
      'True BrokerReached',
      'False Positioning',
    ],
    [
      'a partition was added',
      { sample: sampled([0], { positioned: false }), binding: exampleBinding({}, { topicId: 'topic-1' }) },
      'True BrokerReached',
      'True TopicPositioned',
    ],
    [
      'topic made anew',
      { binding: exampleBinding({}, { topicId: 'topic-0' }) },
      'True BrokerReached',
      'False TopicReplaced',
    ],
  ])('%s', (_, over, source, topic) => {
    expect(said(checks.sourceReachable(bindingObserved(over)))).toBe(source);
    expect(said(checks.topicReady(bindingObserved(over)))).toBe(topic);
  });

  it('a sample that failed is told in the words of the scout', () => {
    expect(checks.topicReady(bindingObserved({ sample: failedSample('TopicMissing') })).message).toBe(
      'TopicMissing as the scout says it',
    );
  });
});

describe('two bindings in one group: the older keeps it', () => {
  const shared = { ...bindingSpec.source, consumerGroup: 'shared' };
  const binding = exampleBinding({ source: shared });
  const other = (name: string, creationTimestamp: string, group = 'shared') =>
    exampleBinding(
      { source: { ...shared, consumerGroup: group } },
      {},
      { name, uid: `uid-${name}`, creationTimestamp },
    );
  it.each([
    ['the other is older', other('z', '2026-11-21T10:59:59Z'), 'False GroupShared'],
    ['the other is younger', other('a', '2026-11-21T11:00:01Z'), 'True TopicPositioned'],
    ['same second, the other first by name', other('a', '2026-11-21T11:00:00Z'), 'False GroupShared'],
    ['same second, the other later by name', other('z', '2026-11-21T11:00:00Z'), 'True TopicPositioned'],
    ['another group', other('a', '2026-11-21T10:59:59Z', 'own'), 'True TopicPositioned'],
  ])('%s', (_, neighbour, expected) => {
    expect(said(checks.topicReady(bindingObserved({ binding, neighbours: [neighbour] })))).toBe(expected);
  });

  it('the default group of a namesake counts too', () => {
    const named = other('a', '2026-11-21T10:59:59Z', 'headrace.auction.place-bid');
    const found = checks.topicReady(bindingObserved({ neighbours: [named] }));
    expect(said(found)).toBe('False GroupShared');
    expect(found.message).toContain('StreamBinding a uses consumer group headrace.auction.place-bid');
  });
});

describe('blocked (D8)', () => {
  const waits = (partition: number) => ({ partition, offset: partition * 100, reason: 'HTTP 500' });

  it('names partition, offset and reason, the lowest first', () => {
    const reports = new Map([reportOf(0, { blocked: [waits(7)] }), reportOf(1, { blocked: [waits(3), waits(5)] })]);
    const found = checks.blocked(bindingObserved({ reports }));
    expect(said(found)).toBe('True RecordBlocked');
    expect(found.message).toContain('partition 3 waits at offset 300: HTTP 500 (and 2 more partitions)');
    expect(found.message).toContain('; next: ');
  });

  it.each([
    [undefined, 'RecordBlocked', /mend the function/],
    ['exhausted', 'RecordBlocked', /headrace.dev\/skip/],
    ['write', 'NotWritten', /broker answers/],
    ['unauthorized', 'CallsUnauthorized', /accept the calls/],
    ['out-of-range', 'PositionOutOfRange', /onOffsetOutOfRange/],
    ['unreadable', 'RecordUnreadable', /another replica/],
  ] as const)('cause %s: the reason and the next step fit', (cause, reason, next) => {
    const stuck = { ...waits(3), ...(cause === undefined ? {} : { cause }) };
    const found = checks.blocked(bindingObserved({ reports: new Map([reportOf(0, { blocked: [stuck] })]) }));
    expect(said(found)).toBe(`True ${reason}`);
    expect(found.message).toMatch(next);
    if (cause !== undefined && cause !== 'exhausted') expect(found.message).not.toContain('mend the function');
  });

  it('nothing', () =>
    expect(said(checks.blocked(bindingObserved({ reports: new Map([reportOf(0)]) })))).toBe('False NothingBlocked'));

  it('an invoker that is silent for a moment has unblocked nothing', () => {
    const binding = exampleBinding({}, { conditions: [condition('Blocked', 'True', 'RecordBlocked')] });
    const silent = bindingObserved({ binding, pods: [pod('place-bid-invoker-0')] });
    expect(said(checks.blocked(silent))).toBe('True RecordBlocked');
    const answers = bindingObserved({ binding, pods: [pod('place-bid-invoker-0')], reports: new Map([reportOf(0)]) });
    expect(said(checks.blocked(answers))).toBe('False NothingBlocked');
  });
});

describe('everything that is called fails (D8)', () => {
  const doubtSince = (agoMs: number) => ({
    sinceMs: nowMs - agoMs,
    patientUntilMs: nowMs - agoMs + 120_000,
    reason: 'status: no database',
    waiting: [
      { partition: 3, offset: 1042 },
      { partition: 5, offset: 7 },
    ],
  });
  const failing = (ordinal: number, agoMs: number) =>
    reportOf(ordinal, { functionAvailable: false, doubt: doubtSince(agoMs) });
  const fn = exampleFunction({}, { conditions: [condition('Ready', 'True', 'Available')] });

  it('is said of the function, with the time before which nothing is given up, and of the partitions that wait', () => {
    const observed = bindingObserved({ function: fn, reports: new Map([failing(0, 20_000)]) });
    const available = checks.functionAvailable(observed);
    expect(said(available)).toBe('False FunctionFailing');
    const spared = `no record is given up before ${timeText(nowMs + 100_000)}`;
    expect(available.message).toContain(`the last with status: no database; ${spared}`);
    const held = checks.blocked(observed);
    expect(said(held)).toBe('True RecordsDoubted');
    expect(held.message).toContain(
      `partition 3 waits at offset 1042: status: no database, as every other call; ${spared} (and 1 more`,
    );
  });

  it('is no news for a moment', () => {
    const observed = bindingObserved({ function: fn, reports: new Map([failing(0, 5_000)]) });
    expect(said(checks.functionAvailable(observed))).toBe('True FunctionReady');
    expect(said(checks.blocked(observed))).toBe('False NothingBlocked');
  });

  it('at one invoker only: the function is well, its partitions are told', () => {
    const observed = bindingObserved({ function: fn, reports: new Map([failing(0, 20_000), reportOf(1)]) });
    expect(said(checks.functionAvailable(observed))).toBe('True FunctionReady');
    expect(said(checks.blocked(observed))).toBe('True RecordsDoubted');
  });
});

it.each([
  [true, 'True Suspended'],
  [false, 'False NotSuspended'],
])('suspend: %s', (suspend, expected) => {
  expect(said(checks.suspended(bindingObserved({ binding: exampleBinding({ suspend }) })))).toBe(expected);
});
