/** The contract of each wire call this room makes, checked on a real broker: what it answers, and with which code it refuses. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { parseAddress } from './addresses.ts';
import { missingCalls } from './broker-versions.ts';
import { connectCluster } from './cluster.ts';
import { Connections } from './connections.ts';
import { newGroup } from './given-members.ts';
import { eventually, givenTopic } from './given-topics.ts';
import type { KafkaOutcome, OffsetToCommit } from './ports.ts';
import { ask, type Connection, NumericMap, refusal, type WireAnswer, wire } from './wire.ts';

const bootstrap = inject('kafkaBootstrap');
const cluster = connectCluster([bootstrap], 'conformance');
const connections = new Connections('conformance', { requestTimeoutMs: 20_000 });
let connection: Connection;
let topic: string;
let group: string;

beforeAll(async () => {
  const opened = await connections.to(parseAddress(bootstrap));
  if (opened.kind === 'failed') throw new Error(opened.message);
  connection = opened.value;
});
beforeEach(async () => {
  topic = await givenTopic(bootstrap, { partitions: 2 });
  group = newGroup();
});
afterAll(async () => {
  await connections.close();
  await cluster.close();
});

function answered<R>(answer: WireAnswer<R>): R {
  if (answer.kind === 'failed') throw new Error(answer.message);
  return answer.response;
}
const codeOf = (errorCode: number) => refusal(errorCode, 'call')?.code ?? 'NONE';
const codeIn = (outcome: KafkaOutcome<unknown>) => (outcome.kind === 'ok' ? 'NONE' : outcome.code);

test('ApiVersions: the broker offers every call in the version we speak', async () => {
  const { apiKeys } = answered(await ask(wire.apiVersions, connection, 'headrace', '1'));
  expect(missingCalls(apiKeys)).toEqual([]);
});

test('Metadata: id and leaders of a topic; one that is not there is refused, and not created', async () => {
  const info = await cluster.describeTopic(topic);
  expect(info).toMatchObject({ kind: 'ok', value: { topic, partitions: [0, 1] } });
  expect(info.kind === 'ok' && info.value.topicId).toMatch(/^[0-9a-f-]{36}$/);
  const began = performance.now();
  const absent = { kind: 'failed', code: 'UNKNOWN_TOPIC_OR_PARTITION', message: expect.stringContaining('absent') };
  expect(await cluster.describeTopic(`absent-${randomUUID()}`)).toMatchObject(absent);
  expect(performance.now() - began).toBeLessThan(1_000);
});

test('FindCoordinator: names the broker of a group', async () => {
  await eventually('a coordinator', async () => (await cluster.map.coordinatorOf(group)).kind === 'ok');
  expect(await cluster.map.coordinatorOf(group)).toEqual({ kind: 'ok', value: parseAddress(bootstrap) });
});

describe('ConsumerGroupHeartbeat and ConsumerGroupDescribe', () => {
  const beat = async (memberId: string, epoch: number, join = false, name = 'pod-0') => {
    const rest = [null, join ? 30_000 : -1, join ? [topic] : null, null, null, join ? [] : null] as const;
    return answered(await ask(wire.heartbeat, connection, group, memberId, epoch, name, ...rest));
  };
  const untilJoined = async (memberId: string) => {
    let answer = await beat(memberId, 0, true);
    await eventually('a join', async () => {
      if (answer.errorCode !== 0) answer = await beat(memberId, 0, true);
      return answer.errorCode === 0;
    });
    return answer;
  };
  const epochOf = async (name: string) => {
    const described = await cluster.describeGroup(group);
    if (described.kind === 'failed') throw new Error(described.message);
    return described.value.members.find(({ instanceId }) => instanceId === name)?.memberEpoch;
  };

  test('a name in use is refused to a second member; -2 in the first one’s name frees it', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    await untilJoined(first);
    expect(codeOf((await beat(second, 0, true)).errorCode)).toBe('UNRELEASED_INSTANCE_ID');
    expect(codeOf((await beat(second, -2)).errorCode)).toBe('FENCED_INSTANCE_ID');
    expect(await epochOf('pod-0')).toBeGreaterThan(0);
    expect(codeOf((await beat(first, -2)).errorCode)).toBe('NONE');
    expect(await epochOf('pod-0')).toBe(-2);
    expect(codeOf((await beat(first, 1)).errorCode)).toBe('FENCED_MEMBER_EPOCH');
    expect(codeOf((await beat(second, 0, true)).errorCode)).toBe('NONE');
    expect(codeOf((await beat(first, 1)).errorCode)).toBe('FENCED_INSTANCE_ID');
    expect(codeOf((await beat(second, -1)).errorCode)).toBe('NONE');
    expect(await epochOf('pod-0')).toBeUndefined();
    expect(codeOf((await beat(second, 2)).errorCode)).toBe('UNKNOWN_MEMBER_ID');
  });

  test('a group that nobody joined has no members', async () => {
    expect(await cluster.describeGroup(group)).toEqual({ kind: 'ok', value: { state: 'Dead', members: [] } });
  });

  test('OffsetCommit by a member: its own epoch only; OffsetFetch: what was committed, null where nothing was', async () => {
    const memberId = randomUUID();
    // The partitions come once: with the answer to the join, or with one of the next.
    let answer = await untilJoined(memberId);
    await eventually('partitions', async () => {
      if (answer.assignment?.topicPartitions.length) return true;
      answer = await beat(memberId, answer.memberEpoch);
      return false;
    });
    const { memberEpoch } = answer;
    const commit = async (offset: OffsetToCommit, by: { memberId?: string; memberEpoch?: number } = {}) =>
      codeIn(await cluster.commitOffsets(group, topic, [offset], { kind: 'member', memberId, memberEpoch, ...by }));
    const offset = { partition: 0, offset: 5, metadata: 'é' };
    expect(await commit(offset)).toBe('NONE');
    expect(await commit(offset, { memberEpoch: memberEpoch - 1 })).toBe('STALE_MEMBER_EPOCH');
    expect(await commit(offset, { memberEpoch: memberEpoch + 1 })).toBe('STALE_MEMBER_EPOCH');
    expect(await commit(offset, { memberId: 'nobody' })).toBe('UNKNOWN_MEMBER_ID');
    expect(codeIn(await cluster.commitOffsets(group, topic, [offset], { kind: 'administrator' }))).toBe(
      'UNKNOWN_MEMBER_ID',
    );
    expect(await commit({ ...offset, metadata: 'x'.repeat(4096) })).toBe('NONE');
    expect(await commit({ ...offset, metadata: 'x'.repeat(4097) })).toBe('OFFSET_METADATA_TOO_LARGE');
    // The broker counts UTF-16 units; who keeps to 4,096 bytes is on the safe side.
    expect(await commit({ ...offset, metadata: 'é'.repeat(4097) })).toBe('OFFSET_METADATA_TOO_LARGE');
    expect(await commit({ ...offset, metadata: 'é'.repeat(4096) })).toBe('NONE');
    expect(await commit({ partition: 1, offset: 2 ** 53 - 1, metadata: '' })).toBe('NONE');
    expect(await cluster.fetchOffsets(group, topic, [1, 0])).toEqual({
      kind: 'ok',
      value: [
        { partition: 1, offset: 2 ** 53 - 1, metadata: '' },
        { partition: 0, offset: 5, metadata: 'é'.repeat(4096) },
      ],
    });
  });

  test('OffsetCommit by an administrator: while the group is empty; then the group can still be joined', async () => {
    expect(await cluster.fetchOffsets(group, topic, [0])).toEqual({
      kind: 'ok',
      value: [{ partition: 0, offset: null, metadata: '' }],
    });
    const offsets = [0, 1].map((partition) => ({ partition, offset: 3, metadata: 'initial' }));
    expect(codeIn(await cluster.commitOffsets(group, topic, offsets, { kind: 'administrator' }))).toBe('NONE');
    await untilJoined(randomUUID());
    const kept = await cluster.fetchOffsets(group, topic, [0, 1]);
    expect(kept).toEqual({ kind: 'ok', value: offsets });
  });
});

test('OffsetFetch: many groups at once, the same one twice among them; each gets its own', async () => {
  const groups = Array.from({ length: 120 }, () => newGroup());
  const commits = groups.map((name, offset) =>
    cluster.commitOffsets(name, topic, [{ partition: 0, offset, metadata: name }], { kind: 'administrator' }),
  );
  expect((await Promise.all(commits)).map(codeIn)).toEqual(groups.map(() => 'NONE'));
  const asked = [...groups, groups[7]!];
  const found = await Promise.all(asked.map((name) => cluster.fetchOffsets(name, topic, [0])));
  expect(found).toEqual(
    asked.map((metadata) => ({ kind: 'ok', value: [{ partition: 0, offset: groups.indexOf(metadata), metadata }] })),
  );
});

test('ListOffsets: the log’s start, its end, and the first offset at or after a time', async () => {
  const messages = [1_000n, 2_000n, 3_000n].map((timestamp) => ({
    topic,
    partition: 0,
    value: Buffer.from('v'),
    timestamp,
  }));
  await eventually('a write', async () => {
    const response = answered(await ask(wire.produce, connection, -1, 10_000, messages, {}));
    return typeof response !== 'boolean' && response.responses[0]!.partitionResponses[0]!.errorCode === 0;
  });
  const at = async (when: 'earliest' | 'latest' | number) => {
    const found = await cluster.listOffsets(topic, [0, 1], when);
    return found.kind === 'ok' ? [...found.value].toSorted() : found.code;
  };
  const rows = (first: number) => [
    [0, first],
    [1, 0],
  ];
  expect(await at('earliest')).toEqual(rows(0));
  expect(await at('latest')).toEqual(rows(3));
  expect(await at(0)).toEqual(rows(0));
  expect(await at(2_000)).toEqual(rows(1));
  expect(await at(2_001)).toEqual(rows(2));
  expect(await at(9_000)).toEqual(rows(3));
});

describe('InitProducerId and Produce', () => {
  const write = async (producerId: bigint, sequence: number, partition = 0) => {
    const sequences = new NumericMap([[`${topic}:${partition}`, sequence]]);
    const messages = [{ topic, partition, value: Buffer.from(`${sequence}`) }];
    const options = { producerId, producerEpoch: 0, sequences };
    const response = answered(await ask(wire.produce, connection, -1, 10_000, messages, options));
    if (typeof response === 'boolean') throw new Error('acks=all must be answered');
    const { errorCode, baseOffset } = response.responses[0]!.partitionResponses[0]!;
    return [codeOf(errorCode), Number(baseOffset)];
  };

  /** A broker that just started has no ids to give yet. */
  const newProducerId = async () => {
    let producerId = -1n;
    await eventually('a producer id', async () => {
      const answer = answered(await ask(wire.initProducerId, connection, null, 0));
      producerId = answer.producerId;
      if (answer.errorCode !== 0) expect(codeOf(answer.errorCode)).toBe('COORDINATOR_LOAD_IN_PROGRESS');
      else expect(answer.producerEpoch).toBe(0);
      return answer.errorCode === 0;
    });
    return producerId;
  };

  test('a sequence number sent again is answered with its first offset, one left out is refused', async () => {
    const producerId = await newProducerId();
    await eventually('the leader serves', async () => (await write(producerId, 0))[0] === 'NONE');
    expect(await write(producerId, 1)).toEqual(['NONE', 1]);
    expect(await write(producerId, 1)).toEqual(['NONE', 1]);
    expect(await write(producerId, 3)).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', -1]);
    expect(await write(producerId, 2)).toEqual(['NONE', 2]);
  });

  test('numbers sent under one producer id for other records pass for a repetition: they may never be used again', async () => {
    const producerId = await newProducerId();
    await eventually('the leader serves', async () => (await write(producerId, 0))[0] === 'NONE');
    const sequences = new NumericMap([[`${topic}:0`, 0]]);
    const other = [{ topic, partition: 0, value: Buffer.from('another record') }];
    const options = { producerId, producerEpoch: 0, sequences };
    answered(await ask(wire.produce, connection, -1, 10_000, other, options));
    expect(await cluster.listOffsets(topic, [0], 'latest')).toEqual({ kind: 'ok', value: new Map([[0, 1]]) });
  });

  test('one refused partition does not stop the others of the request', async () => {
    const messages = [0, 99].map((partition) => ({ topic, partition, value: Buffer.from('v') }));
    await eventually('the good one is written', async () => {
      const response = answered(await ask(wire.produce, connection, -1, 10_000, messages, {}));
      if (typeof response === 'boolean') throw new Error('acks=all must be answered');
      const rows = response.responses[0]!.partitionResponses.map((row) => [row.index, codeOf(row.errorCode)]);
      const codes = new Map(rows as [number, string][]);
      expect(codes.get(99)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
      return codes.get(0) === 'NONE';
    });
  });
});

describe('Fetch', () => {
  const fetch = async (partition: number, offset: bigint, maxWaitMs = 200, topicId?: string) => {
    const info = await cluster.describeTopic(topic);
    if (info.kind === 'failed') throw new Error(info.message);
    const row = {
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: offset,
      lastFetchedEpoch: -1,
      partitionMaxBytes: 1_000,
    };
    const topics = [{ topicId: topicId ?? info.value.topicId, partitions: [row] }];
    const response = answered(await ask(wire.fetch, connection, maxWaitMs, 1, 1_000, 1, 0, -1, topics, [], ''));
    return response.partitions[0]!;
  };

  test('an empty one waits its time and brings no batch', async () => {
    await eventually('the leader serves', async () => (await fetch(0, 0n, 0)).errorCode === 0);
    const began = performance.now();
    const part = await fetch(0, 0n, 600);
    expect(part.batches.length).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(550);
  });

  test('refusals are told apart: out of range, another topic id', async () => {
    await eventually('the leader serves', async () => (await fetch(0, 0n, 0)).errorCode === 0);
    expect(codeOf((await fetch(0, 1n)).errorCode)).toBe('OFFSET_OUT_OF_RANGE');
    expect(codeOf((await fetch(7, 0n)).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf((await fetch(0, 0n, 0, randomUUID())).errorCode)).toBe('UNKNOWN_TOPIC_ID');
  });
});

describe('no answer', () => {
  test('a wrong address is named, within its time', async () => {
    const patience = { timeoutMs: 300, firstDelayMs: 20, maxDelayMs: 100 };
    const nowhere = connectCluster(['127.0.0.1:1', '127.0.0.1:2'], 'conformance', { patience });
    const outcome = await nowhere.describeTopic(topic);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'BROKER_UNREACHABLE', retriable: true });
    expect(outcome.kind === 'failed' && outcome.message).toMatch(/127\.0\.0\.1:1.*ECONNREFUSED.*127\.0\.0\.1:2/);
    await nowhere.close();
  });

  test('of several bootstrap servers one that answers is enough', async () => {
    const some = connectCluster(['127.0.0.1:1', bootstrap], 'conformance');
    expect((await some.describeTopic(topic)).kind).toBe('ok');
    await some.close();
  });
});
