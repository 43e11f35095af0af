/** What brokers answer, read as outcomes: codes by name, the good rows beside the bad ones. */
import { describe, expect, test } from 'vitest';
import { missingCalls } from './broker-versions.ts';
import { asksForCoordinator, asksForLeader, failed } from './failures.ts';
import { readGroup } from './group-answers.ts';
import { readCommittedOffsets, readListedOffsets, timestampOf } from './offset-answers.ts';
import { produceVerdict } from './produce-verdict.ts';
import { refusal } from './wire.ts';

const notLeader = 6;
const unknownTopic = 3;
const groupNotFound = 69;

describe('an error code', () => {
  test('has a name, what was asked, and whether to try again', () => {
    expect(refusal(0, 'commit')).toBeUndefined();
    expect(refusal(notLeader, 'fetch of t-0')).toMatchObject({ code: 'NOT_LEADER_OR_FOLLOWER', retriable: true });
    expect(refusal(29, 'fetch of t-0', 'denied')).toEqual({
      kind: 'failed',
      code: 'TOPIC_AUTHORIZATION_FAILED',
      message: 'fetch of t-0: TOPIC_AUTHORIZATION_FAILED (denied)',
      retriable: false,
    });
  });

  test('that nobody knows is told by its number', () => {
    expect(refusal(9_999, 'fetch')).toMatchObject({ code: 'KAFKA_ERROR_9999', retriable: false });
  });

  test.each([
    ['NOT_LEADER_OR_FOLLOWER', true, false],
    ['NOT_COORDINATOR', false, true],
    ['BROKER_UNREACHABLE', true, true],
    ['REQUEST_TIMEOUT', true, true],
    ['COORDINATOR_LOAD_IN_PROGRESS', false, false],
    ['TOPIC_AUTHORIZATION_FAILED', false, false],
  ])('%s sends us to look for the leader %s, for the coordinator %s', (code, leader, coordinator) => {
    const failure = failed(code, '', true);
    expect([asksForLeader(failure), asksForCoordinator(failure)]).toEqual([leader, coordinator]);
  });
});

describe('the verdict on a written batch', () => {
  test.each([
    [undefined, 'written'],
    ['DUPLICATE_SEQUENCE_NUMBER', 'written'],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'numbering-broken'],
    ['UNKNOWN_PRODUCER_ID', 'numbering-broken'],
    ['INVALID_PRODUCER_EPOCH', 'numbering-broken'],
    ['MESSAGE_TOO_LARGE', 'too-large'],
    ['INVALID_RECORD', 'refused'],
    ['TOPIC_AUTHORIZATION_FAILED', 'refused'],
  ] as const)('%s: %s', (code, verdict) => {
    expect(produceVerdict(code && failed(code, '', false))).toBe(verdict);
  });

  test('what may pass: again', () => {
    expect(produceVerdict(failed('NOT_ENOUGH_REPLICAS', '', true))).toBe('again');
  });
});

describe('offsets', () => {
  test('listed: the good rows count beside a bad one', () => {
    const row = (partitionIndex: number, errorCode: number) => ({ partitionIndex, errorCode, offset: 7n });
    const read = readListedOffsets(
      { topics: [{ name: 't', partitions: [row(0, 0), row(1, notLeader)] }] },
      't',
      [0, 1],
    );
    expect([...read.offsets]).toEqual([[0, 7]]);
    expect(read.failure).toMatchObject({ code: 'NOT_LEADER_OR_FOLLOWER' });
  });

  test('committed: in the order asked, null where nothing was committed', () => {
    const row = (partitionIndex: number, committedOffset: bigint) => ({
      partitionIndex,
      committedOffset,
      metadata: committedOffset < 0n ? '' : 'm',
      errorCode: 0,
    });
    const topics = [{ name: 't', partitions: [row(0, 3n), row(1, -1n)] }];
    const answer = { groups: [{ groupId: 'g', errorCode: 0, topics }] };
    expect(readCommittedOffsets(answer, 'g', 't', [2, 1, 0])).toEqual({
      kind: 'ok',
      value: [
        { partition: 2, offset: null, metadata: '' },
        { partition: 1, offset: null, metadata: '' },
        { partition: 0, offset: 3, metadata: 'm' },
      ],
    });
  });

  test.each([
    [2n ** 53n - 1n, 2 ** 53 - 1],
    [2n ** 53n, 2 ** 53],
    [2n ** 53n + 1n, 2 ** 53],
    [2n ** 63n - 1n, 2 ** 53],
  ])('%i: exact, or the sign for all that is beyond', (offset, number) => {
    const listed = { topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0, offset }] }] };
    expect(readListedOffsets(listed, 't', [0]).offsets.get(0)).toBe(number);
    const partitions = [{ partitionIndex: 0, committedOffset: offset, metadata: '', errorCode: 0 }];
    const committed = { groups: [{ groupId: 'g', errorCode: 0, topics: [{ name: 't', partitions }] }] };
    expect(readCommittedOffsets(committed, 'g', 't', [0])).toMatchObject({ value: [{ offset: number }] });
  });

  test('D11 committed: a refused partition is no missing commit', () => {
    const partitions = [{ partitionIndex: 0, committedOffset: -1n, metadata: '', errorCode: unknownTopic }];
    const answer = { groups: [{ groupId: 'g', errorCode: 0, topics: [{ name: 't', partitions }] }] };
    expect(readCommittedOffsets(answer, 'g', 't', [0])).toMatchObject({
      kind: 'failed',
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
    });
    expect(readCommittedOffsets({ groups: [] }, 'g', 't', [0])).toMatchObject({ kind: 'failed' });
  });

  test('moments', () => {
    expect([timestampOf('latest'), timestampOf('earliest'), timestampOf(5.9)]).toEqual([-1n, -2n, 5n]);
  });
});

describe('a group', () => {
  const group = { errorCode: 0, groupState: 'Stable', members: [{ memberId: 'm', memberEpoch: 3 }] };

  test('with its members; without a static name: null', () => {
    expect(readGroup({ groups: [group] }, 'g')).toEqual({
      kind: 'ok',
      value: { state: 'Stable', members: [{ memberId: 'm', instanceId: null, memberEpoch: 3 }] },
    });
  });

  test('that is not there has no members; one that is refused is not taken for that', () => {
    expect(readGroup({ groups: [{ ...group, errorCode: groupNotFound }] }, 'g')).toMatchObject({
      value: { state: 'Dead' },
    });
    expect(readGroup({ groups: [{ ...group, errorCode: 30 }] }, 'g')).toMatchObject({
      code: 'GROUP_AUTHORIZATION_FAILED',
    });
  });
});

describe('a broker', () => {
  const offers = (maxVersion: number) =>
    Array.from({ length: 70 }, (_, apiKey) => ({ apiKey, minVersion: 0, maxVersion }));

  test('that offers more will do', () => {
    expect(missingCalls(offers(30))).toEqual([]);
  });

  test('that is too old, or too new, is told what it lacks', () => {
    expect(missingCalls(offers(16))).toEqual(['Fetch v17']);
    expect(missingCalls([])).toContain('ConsumerGroupHeartbeat v1');
    const tooNew = offers(30).map((api) => ({ ...api, minVersion: api.apiKey === 0 ? 12 : 0 }));
    expect(missingCalls(tooNew)).toEqual(['Produce v11']);
  });
});
