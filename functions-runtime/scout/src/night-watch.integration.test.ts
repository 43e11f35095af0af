// The scout's watch on real brokers: few requests, wakes at once, invisible records passed, offsets kept, faults survived.
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  type Producer,
  ResourcePatternTypes,
} from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { BindingSample, ScoutBinding } from '#contract/scout.ts';
import { deleteRecords, eventually, givenTopic } from '#kafka/given-topics.ts';
import { givenTransactions } from '#kafka/given-transactions.ts';
import { type CountedBroker, startCountedBroker } from './given-counted-broker.ts';
import { type GivenScout, givenScout } from './given-scout.ts';

let broker: CountedBroker;
let producer: Producer;
let admin: ReturnType<Kafka['admin']>;
let scout: GivenScout;
let number = 0;

const properties = {
  'offsets.retention.minutes': '1',
  'offsets.retention.check.interval.ms': '1000',
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'true',
};
beforeAll(async () => {
  broker = await startCountedBroker({ properties });
  // Not through the proxy: only the scout's requests are counted.
  const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
  producer = kafka.producer({ allowAutoTopicCreation: false });
  admin = kafka.admin();
  await Promise.all([producer.connect(), admin.connect()]);
  scout = await givenScout();
});
afterEach(() => scout.put([]));
afterAll(async () => {
  await Promise.all([scout.stop(), producer.disconnect(), admin.disconnect()]);
  await broker.dispose();
});

const bindingOf = (topic: string, more: Partial<ScoutBinding> = {}): ScoutBinding => {
  number += 1;
  return {
    uid: `uid-${number}`,
    name: `b-${number}`,
    bootstrapServers: [broker.bootstrap],
    topic,
    consumerGroup: `night-${process.pid}-${number}`,
    initialOffset: { kind: 'Latest' },
    mayPosition: true,
    requiredTopics: [],
    ...more,
  };
};
const newTopic = (partitions = 2, configs: Record<string, string> = {}): Promise<string> =>
  givenTopic(broker.bootstrap, { partitions, configs });
const lagOf = ({ outcome }: BindingSample): number =>
  outcome.kind === 'sampled' ? outcome.partitions.reduce((sum, p) => sum + p.lag, 0) : Number.NaN;
const write = async (topic: string, partition = 0, count = 1): Promise<number> => {
  await producer.send({ topic, messages: Array.from({ length: count }, () => ({ value: 'v', partition })) });
  return performance.now();
};
const committed = async ({ consumerGroup, topic }: ScoutBinding): Promise<string[]> => {
  const [found] = await admin.fetchOffsets({ groupId: consumerGroup, topics: [topic] });
  return (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map((p) => p.offset);
};
const untilWatched = (bindings: readonly ScoutBinding[]): Promise<number> =>
  eventually(
    'all are watched',
    async () => (await scout.metric('headrace_scout_watched_bindings')) === bindings.length,
    40_000,
  );

describe('requests', () => {
  test('at most three a tick for all bindings of a broker, sampled; hardly any while all are watched', async () => {
    const topics = await Promise.all(Array.from({ length: 6 }, () => newTopic(4)));
    const bindings = Array.from({ length: 40 }, (_, i) =>
      bindingOf(topics[i % 6]!, { initialOffset: { kind: 'Earliest' } }),
    );
    for (const topic of topics) await write(topic, 1, 3);
    await scout.put(bindings);
    await eventually('all are positioned and sampled', async () => {
      const samples = await scout.next();
      return samples.length === 40 && samples.every((s) => lagOf(s) === 3);
    });
    await scout.next();
    broker.counted();
    const ticks = 5;
    for (let tick = 0; tick < ticks; tick += 1) await scout.next();
    const { ListOffsets = 0, OffsetFetch = 0, Metadata = 0, ...others } = broker.counted();
    // A round may be under way at either end of the count.
    expect(ListOffsets + OffsetFetch + Metadata).toBeLessThanOrEqual(3 * (ticks + 1));
    expect(OffsetFetch).toBeGreaterThanOrEqual(ticks - 1);
    expect(others).toEqual({});
    expect(broker.connections()).toBeLessThanOrEqual(8);
  });
});

describe('a thousand sleeping partitions', () => {
  test('cost hardly any processor time, and a handful of connections', async () => {
    const topics = await Promise.all(Array.from({ length: 10 }, () => newTopic(20)));
    const bindings = Array.from({ length: 50 }, (_, i) => bindingOf(topics[i % 10]!));
    await scout.put(bindings);
    await untilWatched(bindings);
    const beginMs = scout.cpuMs();
    broker.counted();
    const seconds = 15;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const share = (scout.cpuMs() - beginMs) / (seconds * 1000);
    const counted = broker.counted();
    const requests = Object.values(counted).reduce((a, b) => a + b, 0) / seconds;
    console.info(
      `1,000 sleeping partitions: ${(share * 100).toFixed(1)} % of a core, ${requests.toFixed(1)} requests/s`,
      counted,
    );
    expect(share).toBeLessThan(0.05);
    expect(requests).toBeLessThan(3);
    expect(broker.connections()).toBeLessThanOrEqual(8);
  });
});

describe('wakes', () => {
  test('a first record is told at once, not with the next sample; median of ten', async () => {
    const bindings = await Promise.all(Array.from({ length: 10 }, async () => bindingOf(await newTopic(4))));
    await scout.put(bindings);
    await untilWatched(bindings);
    const delays: number[] = [];
    for (const [i, binding] of bindings.entries()) {
      const told = scout.until(({ uid, ...s }) => uid === binding.uid && lagOf({ uid, ...s }) > 0);
      const writtenMs = await write(binding.topic, i % 4);
      delays.push((await told).atMs - writtenMs);
    }
    delays.sort((a, b) => a - b);
    console.info(
      `append acknowledged → samples answered: median ${Math.round(delays[5]!)} ms, worst ${Math.round(delays[9]!)} ms`,
    );
    expect(delays[5]).toBeLessThan(100);
    expect(await scout.metric('headrace_scout_wakes_total')).toBeGreaterThanOrEqual(10);
  });

  test('two groups of one topic are both told', async () => {
    const topic = await newTopic(1);
    await write(topic, 0, 4);
    const [a, b] = [bindingOf(topic), bindingOf(topic)];
    await scout.put([a, b]);
    await untilWatched([a, b]);
    await write(topic);
    const seen = new Set<string>();
    await eventually('both owe one', async () => {
      for (const s of await scout.next()) if (lagOf(s) === 1) seen.add(s.uid);
      return seen.size === 2;
    });
  });
});

describe('lag is work', () => {
  test('markers and aborted records are passed: no lag, no wake, and the position moves', async () => {
    const binding = bindingOf(await newTopic(1));
    await scout.put([binding]);
    await untilWatched([binding]);
    const wakes = await scout.metric('headrace_scout_wakes_total');
    const transactions = await givenTransactions(broker.bootstrap, binding.topic);
    // Several in a row: the next comes while the commit past the last is under way.
    for (let i = 0; i < 5; i += 1) await transactions.write(['a', 'b'], 'abort');
    await eventually('the position is past all', async () => (await committed(binding))[0] === '15');
    await scout.until((s) => s.outcome.kind === 'sampled' && s.outcome.partitions[0]?.committed === 15);
    expect(await scout.metric('headrace_scout_wakes_total')).toBe(wakes);
    const told = scout.until((s) => lagOf(s) > 0);
    await transactions.write(['c'], 'commit');
    expect((await told).sample.outcome).toMatchObject({ partitions: [{ committed: 15 }] });
    await transactions.close();
  });
  test('what retention deleted is none', async () => {
    const topic = await newTopic(1);
    await write(topic, 0, 10);
    const binding = bindingOf(topic, { initialOffset: { kind: 'Earliest' } });
    await scout.put([binding]);
    await scout.until((s) => lagOf(s) === 10);
    await deleteRecords(broker.bootstrap, topic, 0, 7);
    const { sample } = await scout.until((s) => lagOf(s) === 3);
    expect(sample.outcome).toMatchObject({ partitions: [{ logStart: 7, committed: 0 }] });
    await deleteRecords(broker.bootstrap, topic, 0, 10);
    await scout.until((s) => lagOf(s) === 0);
  });
  test('delay is the age of what is owed', async () => {
    const binding = bindingOf(await newTopic(1));
    await scout.put([binding]);
    await scout.until((s) => lagOf(s) === 0);
    await scout.next();
    await write(binding.topic);
    const late = (s: BindingSample): number => (s.outcome.kind === 'sampled' ? (s.outcome.delayMs ?? 0) : 0);
    const { sample } = await scout.until((s) => late(s) > 3_000);
    expect(late(sample)).toBeLessThan(8_000);
    expect(await scout.metric(`headrace_scout_delay_seconds{binding="${binding.name}"}`)).toBeGreaterThan(3);
    expect(await scout.metric(`headrace_scout_lag_records{binding="${binding.name}"}`)).toBe(1);
  });
});

describe('what lasts', () => {
  test('offsets of a sleeping group outlive the retention of the broker', async () => {
    const topic = await newTopic(2);
    await write(topic, 0, 3);
    const [kept, left] = [bindingOf(topic), bindingOf(topic)];
    await scout.stop();
    scout = await givenScout({ HEADRACE_KEEP_OFFSETS_MS: '10000' });
    await scout.put([kept, left]);
    await untilWatched([kept, left]);
    await scout.put([kept]);
    await eventually('the broker forgets the other', async () => (await committed(left))[0] === '-1', 110_000);
    expect(await committed(kept)).toEqual(['3', '0']);
  });
  test('a scout that is started anew wakes again; a topic that is deleted is said', async () => {
    const binding = bindingOf(await newTopic(1));
    await scout.put([binding]);
    await untilWatched([binding]);
    await scout.stop();
    scout = await givenScout();
    await scout.put([binding]);
    await untilWatched([binding]);
    await admin.deleteTopics({ topics: [binding.topic] });
    await scout.until((s) => s.outcome.kind === 'failed' && s.outcome.reason === 'TopicMissing');
  });
  test('a right that is taken away is said; when it is given back, a record is told', async () => {
    const binding = bindingOf(await newTopic(1));
    await scout.put([binding]);
    await untilWatched([binding]);
    const denied = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: binding.topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:ANONYMOUS',
      host: '*',
      operation: AclOperationTypes.ALL,
      permissionType: AclPermissionTypes.DENY,
    };
    await admin.createAcls({ acl: [denied] });
    await scout.until((s) => s.outcome.kind === 'failed' && s.outcome.reason === 'NotAuthorized');
    await admin.deleteAcls({ filters: [denied] });
    await untilWatched([binding]);
    const told = scout.until((s) => lagOf(s) > 0);
    await write(binding.topic);
    await told;
  });
  test('a broker that restarts: a record afterwards is told', async () => {
    const binding = bindingOf(await newTopic(1));
    await scout.put([binding]);
    await untilWatched([binding]);
    await broker.broker.stop();
    await broker.broker.start();
    const told = scout.until((s) => lagOf(s) > 0, 60_000);
    await eventually('the broker takes a record', () =>
      write(binding.topic).then(
        () => true,
        () => false,
      ),
    );
    await told;
  });
  // The last one: it leaves the broker without an answer to any fetch.
  test('a watch that hangs misses nothing: the second sample overrules it', async () => {
    const binding = bindingOf(await newTopic(1));
    await scout.put([binding]);
    await untilWatched([binding]);
    broker.holdFetches();
    const told = scout.until((s) => lagOf(s) > 0);
    const writtenMs = await write(binding.topic);
    // Five seconds to the next sample, one more to the second.
    expect((await told).atMs - writtenMs).toBeLessThan(9_000);
  });
});
