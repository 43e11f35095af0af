// The scout's watch on a real broker: few requests, wakes at once, invisible records passed, faults survived.
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { BindingSample } from '#contract/scout.ts';
import { deleteRecords, eventually } from '#kafka/given-topics.ts';
import { givenTransactions } from '#kafka/given-transactions.ts';
import { GivenNight, lagOf } from './given-night.ts';

let night: GivenNight;
beforeAll(async () => {
  night = await GivenNight.begin({
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'true',
  });
});
afterEach(() => night.scout.put([]));
afterAll(() => night?.end());

describe('requests', () => {
  test('at most three a tick for all bindings of a broker, sampled; hardly any while all are watched', async () => {
    const topics = await Promise.all(Array.from({ length: 6 }, () => night.newTopic(4)));
    const bindings = Array.from({ length: 40 }, (_, i) =>
      night.bindingOf(topics[i % 6]!, { initialOffset: { kind: 'Earliest' } }),
    );
    for (const topic of topics) await night.write(topic, 1, 3);
    await night.scout.put(bindings);
    await eventually('all are positioned and sampled', async () => {
      const samples = await night.scout.next();
      return samples.length === 40 && samples.every((s) => lagOf(s) === 3);
    });
    await night.scout.next();
    night.broker.counted();
    const ticks = 5;
    for (let tick = 0; tick < ticks; tick += 1) await night.scout.next();
    const { ListOffsets = 0, OffsetFetch = 0, Metadata = 0, ...others } = night.broker.counted();
    // A round may be under way at either end of the count.
    expect(ListOffsets + OffsetFetch + Metadata).toBeLessThanOrEqual(3 * (ticks + 1));
    expect(OffsetFetch).toBeGreaterThanOrEqual(ticks - 1);
    expect(others).toEqual({});
    expect(night.broker.connections()).toBeLessThanOrEqual(8);
  });
});

describe('a thousand sleeping partitions', () => {
  test('cost hardly any processor time, and a handful of connections', async () => {
    const topics = await Promise.all(Array.from({ length: 10 }, () => night.newTopic(20)));
    const bindings = Array.from({ length: 50 }, (_, i) => night.bindingOf(topics[i % 10]!));
    await night.scout.put(bindings);
    await night.untilWatched(bindings);
    const beginMs = night.scout.cpuMs();
    night.broker.counted();
    const seconds = 15;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const share = (night.scout.cpuMs() - beginMs) / (seconds * 1000);
    const counted = night.broker.counted();
    const requests = Object.values(counted).reduce((a, b) => a + b, 0) / seconds;
    console.info(
      `1,000 sleeping partitions: ${(share * 100).toFixed(1)} % of a core, ${requests.toFixed(1)} requests/s`,
      counted,
    );
    expect(share).toBeLessThan(0.05);
    expect(requests).toBeLessThan(3);
    expect(night.broker.connections()).toBeLessThanOrEqual(8);
  });
});

describe('wakes', () => {
  test('a first record is told at once, not with the next sample; median of ten', async () => {
    const bindings = await Promise.all(
      Array.from({ length: 10 }, async () => night.bindingOf(await night.newTopic(4))),
    );
    await night.scout.put(bindings);
    await night.untilWatched(bindings);
    const delays: number[] = [];
    for (const [i, binding] of bindings.entries()) {
      const told = night.scout.until(({ uid, ...s }) => uid === binding.uid && lagOf({ uid, ...s }) > 0);
      const writtenMs = await night.write(binding.topic, i % 4);
      delays.push((await told).atMs - writtenMs);
    }
    delays.sort((a, b) => a - b);
    console.info(
      `append acknowledged → samples answered: median ${Math.round(delays[5]!)} ms, worst ${Math.round(delays[9]!)} ms`,
    );
    expect(delays[5]).toBeLessThan(100);
    expect(await night.scout.metric('headrace_scout_wakes_total')).toBeGreaterThanOrEqual(10);
  });

  test('two groups of one topic are both told', async () => {
    const topic = await night.newTopic(1);
    await night.write(topic, 0, 4);
    const [a, b] = [night.bindingOf(topic), night.bindingOf(topic)];
    await night.scout.put([a, b]);
    await night.untilWatched([a, b]);
    await night.write(topic);
    const seen = new Set<string>();
    await eventually('both owe one', async () => {
      for (const s of await night.scout.next()) if (lagOf(s) === 1) seen.add(s.uid);
      return seen.size === 2;
    });
  });
});

describe('lag is work', () => {
  test('markers and aborted records are passed: no lag, no wake, and the position moves', async () => {
    const binding = night.bindingOf(await night.newTopic(1));
    await night.scout.put([binding]);
    await night.untilWatched([binding]);
    const wakes = await night.scout.metric('headrace_scout_wakes_total');
    const transactions = await givenTransactions(night.broker.bootstrap, binding.topic);
    // Several in a row: the next comes while the commit past the last is under way.
    for (let i = 0; i < 5; i += 1) await transactions.write(['a', 'b'], 'abort');
    await eventually('the position is past all', async () => (await night.committed(binding))[0] === '15');
    await night.scout.until((s) => s.outcome.kind === 'sampled' && s.outcome.partitions[0]?.committed === 15);
    expect(await night.scout.metric('headrace_scout_wakes_total')).toBe(wakes);
    const told = night.scout.until((s) => lagOf(s) > 0);
    await transactions.write(['c'], 'commit');
    expect((await told).sample.outcome).toMatchObject({ partitions: [{ committed: 15 }] });
    await transactions.close();
  });
  test('what retention deleted is none', async () => {
    const topic = await night.newTopic(1);
    await night.write(topic, 0, 10);
    const binding = night.bindingOf(topic, { initialOffset: { kind: 'Earliest' } });
    await night.scout.put([binding]);
    await night.scout.until((s) => lagOf(s) === 10);
    await deleteRecords(night.broker.bootstrap, topic, 0, 7);
    const { sample } = await night.scout.until((s) => lagOf(s) === 3);
    expect(sample.outcome).toMatchObject({ partitions: [{ logStart: 7, committed: 0 }] });
    await deleteRecords(night.broker.bootstrap, topic, 0, 10);
    await night.scout.until((s) => lagOf(s) === 0);
  });
  test('delay is the age of what is owed', async () => {
    const binding = night.bindingOf(await night.newTopic(1));
    await night.scout.put([binding]);
    await night.scout.until((s) => lagOf(s) === 0);
    await night.scout.next();
    await night.write(binding.topic);
    const late = (s: BindingSample): number => (s.outcome.kind === 'sampled' ? (s.outcome.delayMs ?? 0) : 0);
    const { sample } = await night.scout.until((s) => late(s) > 3_000);
    expect(late(sample)).toBeLessThan(8_000);
    expect(await night.scout.metric(`headrace_scout_delay_seconds{binding="${binding.name}"}`)).toBeGreaterThan(3);
    expect(await night.scout.metric(`headrace_scout_lag_records{binding="${binding.name}"}`)).toBe(1);
  });
});

describe('what lasts', () => {
  test('a scout that is started anew wakes again; a topic that is deleted is said', async () => {
    const binding = night.bindingOf(await night.newTopic(1));
    await night.scout.put([binding]);
    await night.untilWatched([binding]);
    await night.restartScout();
    await night.scout.put([binding]);
    await night.untilWatched([binding]);
    await night.admin.deleteTopics({ topics: [binding.topic] });
    await night.scout.until((s) => s.outcome.kind === 'failed' && s.outcome.reason === 'TopicMissing');
  });
  test('a right that is taken away is said; when it is given back, a record is told', async () => {
    const binding = night.bindingOf(await night.newTopic(1));
    await night.scout.put([binding]);
    await night.untilWatched([binding]);
    const denied = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: binding.topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:ANONYMOUS',
      host: '*',
      operation: AclOperationTypes.ALL,
      permissionType: AclPermissionTypes.DENY,
    };
    await night.admin.createAcls({ acl: [denied] });
    await night.scout.until((s) => s.outcome.kind === 'failed' && s.outcome.reason === 'NotAuthorized');
    await night.admin.deleteAcls({ filters: [denied] });
    await night.untilWatched([binding]);
    const told = night.scout.until((s) => lagOf(s) > 0);
    await night.write(binding.topic);
    await told;
  });
  test('a broker that restarts: a record afterwards is told', async () => {
    const binding = night.bindingOf(await night.newTopic(1));
    await night.scout.put([binding]);
    await night.untilWatched([binding]);
    await night.broker.broker.stop();
    await night.broker.broker.start();
    const told = night.scout.until((s) => lagOf(s) > 0, 60_000);
    await eventually('the broker takes a record', () =>
      night.write(binding.topic).then(
        () => true,
        () => false,
      ),
    );
    await told;
  });
  // The last one: it leaves the broker without an answer to any fetch.
  test('a watch that hangs misses nothing: the second sample overrules it', async () => {
    const binding = night.bindingOf(await night.newTopic(1));
    await night.scout.put([binding]);
    await night.untilWatched([binding]);
    night.broker.holdFetches();
    const told = night.scout.until((s) => lagOf(s) > 0);
    const writtenMs = await night.write(binding.topic);
    // Five seconds to the next sample, one more to the second.
    expect((await told).atMs - writtenMs).toBeLessThan(9_000);
  });
});
