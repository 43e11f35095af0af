/** What holds when connections are cut, the broker goes away and comes back, and a process sleeps through its session. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectCluster, type WireCluster } from './cluster.ts';
import { type GivenMember, givenMember, newGroup, sessionTimeoutMs } from './given-members.ts';
import { type CuttableBroker, startCuttableBroker } from './given-proxy.ts';
import { GivenReader } from './given-reader.ts';
import { eventually, givenSessionTimeout, givenTopic } from './given-topics.ts';
import { pause } from './patience.ts';
import type { KafkaOutcome, MembershipOptions } from './ports.ts';
import { WireProducer } from './producer.ts';

let place: CuttableBroker;
let cluster: WireCluster;
const cleanUp: (() => Promise<void>)[] = [];

beforeAll(async () => {
  place = await startCuttableBroker({ sessionTimeoutMs });
  cluster = connectCluster([place.bootstrap], 'faults');
});
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});
afterAll(async () => {
  await cluster.close();
  await place.dispose();
});

function member(group: string, topic: string, name: string, rest: Partial<MembershipOptions> = {}): GivenMember {
  const made = givenMember(place.bootstrap, { group, topic, name, ...rest });
  cleanUp.push(() => made.crash());
  return made;
}

function reader(topic: string): GivenReader {
  const made = new GivenReader(cluster, topic);
  cleanUp.push(() => made.fetcher.close());
  return made;
}

/** Sends numbers to partition 0, some calls open together, until told to stop or one fails. */
function sending(producer: WireProducer, topic: string, openCalls = 20) {
  const outcomes: Promise<KafkaOutcome<null>>[] = [];
  let stopped = false;
  let next = 0;
  const lane = async () => {
    while (!stopped) {
      const value = Buffer.from(`${next++}`);
      const outcome = producer.send([{ topic, partition: 0, key: null, value, headers: [] }]);
      outcomes.push(outcome);
      if ((await outcome).kind === 'failed') stopped = true;
    }
  };
  const lanes = Array.from({ length: openCalls }, lane);
  return {
    count: () => next,
    async stop(): Promise<readonly KafkaOutcome<null>[]> {
      stopped = true;
      await Promise.all(lanes);
      return Promise.all(outcomes);
    },
  };
}

const ascending = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

describe('D4 P3 the producer loses, repeats and swaps nothing', () => {
  test('while its connections are cut again and again', async () => {
    const topic = await givenTopic(place.bootstrap);
    const producer = new WireProducer(cluster);
    const flow = sending(producer, topic);
    let cuts = 0;
    await eventually('connections were cut often', async () => {
      await pause(25);
      cuts += place.cut();
      return cuts >= 120;
    });
    const outcomes = await flow.stop();
    expect(outcomes.filter(({ kind }) => kind === 'failed')).toEqual([]);
    const seen = reader(topic);
    seen.fetcher.add(0, 0);
    await seen.untilCount(outcomes.length);
    await pause(300);
    expect(seen.values().toSorted()).toEqual(ascending(outcomes.length).toSorted());
    expect(seen.values()).toEqual(ascending(outcomes.length));
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('over a restart of the broker (%s)', async (signal) => {
    const topic = await givenTopic(place.bootstrap);
    const producer = new WireProducer(cluster);
    const flow = sending(producer, topic);
    await eventually('some are written', () => flow.count() > 200);
    await place.broker.stop(signal);
    await place.broker.start();
    const before = flow.count();
    await eventually('it goes on', () => flow.count() > before + 200);
    const outcomes = await flow.stop();
    expect(outcomes.filter(({ kind }) => kind === 'failed')).toEqual([]);
    const seen = reader(topic);
    seen.fetcher.add(0, 0);
    await seen.untilCount(outcomes.length);
    expect(seen.values()).toEqual(ascending(outcomes.length));
  });
});

describe('P1 P3 who does not own its partition any more does not write what still waits', () => {
  const record = (topic: string, value: string) => ({
    ...{ topic, partition: 0, key: null, value: Buffer.from(value), headers: [] },
  });

  test('behind a request that a frozen broker does not answer', async () => {
    const topic = await givenTopic(place.bootstrap);
    const producer = new WireProducer(cluster);
    expect(await producer.send([record(topic, 'before')])).toMatchObject({ kind: 'ok' });
    let mine = true;
    let asked = 0;
    const mayWrite = () => {
      asked += 1;
      return mine;
    };
    await place.broker.pause();
    try {
      const underWay = producer.send([record(topic, 'under way')], mayWrite);
      // Asked when the batch is made, and when it goes.
      await eventually('it is under way', () => asked === 2);
      const waits = [producer.send([record(topic, 'waits')], mayWrite), producer.send([record(topic, "another's")])];
      mine = false;
      place.broker.resume();
      expect(await underWay).toMatchObject({ kind: 'ok' });
      expect(await Promise.all(waits)).toMatchObject([{ kind: 'failed', code: 'WITHDRAWN' }, { kind: 'ok' }]);
    } finally {
      place.broker.resume();
    }
    const seen = reader(topic);
    seen.fetcher.add(0, 0);
    await seen.untilCount(3);
    expect(seen.values()).toEqual(['before', 'under way', "another's"]);
  });

  test('while the broker is away, and when it is tried again', async () => {
    const topic = await givenTopic(place.bootstrap);
    const producer = new WireProducer(cluster);
    expect(await producer.send([record(topic, 'before')])).toMatchObject({ kind: 'ok' });
    await place.broker.stop();
    let mine = true;
    let asked = 0;
    const tried = producer.send([record(topic, 'tried'), record(topic, 'tried too')], () => {
      asked += 1;
      return mine;
    });
    await eventually('it was tried', () => asked > 0);
    // Not in the batch that was tried: had that been written after all, this would be there twice.
    const other = producer.send([record(topic, "another's")]);
    mine = false;
    await place.broker.start();
    expect(await tried).toMatchObject({ kind: 'failed', code: 'WITHDRAWN' });
    expect(await other).toMatchObject({ kind: 'ok' });
    const seen = reader(topic);
    seen.fetcher.add(0, 0);
    await seen.untilCount(2);
    expect(seen.values()).toEqual(['before', "another's"]);
  });
});

test('D1 the fetcher goes on where it was, over cuts and a restart of the broker', async () => {
  const topic = await givenTopic(place.bootstrap);
  const producer = new WireProducer(cluster);
  const seen = reader(topic);
  seen.fetcher.add(0, 0);
  const flow = sending(producer, topic, 5);
  for (let i = 0; i < 10; i += 1) {
    await pause(50);
    place.cut();
  }
  await place.broker.stop();
  await place.broker.start();
  const before = flow.count();
  await eventually('it goes on', () => flow.count() > before + 50);
  const outcomes = await flow.stop();
  await seen.untilCount(outcomes.length);
  expect(seen.values()).toEqual(ascending(outcomes.length));
});

describe('membership', () => {
  test('D5 keeps its epoch and partitions over cuts and a quick restart of the broker', async () => {
    const topic = await givenTopic(place.bootstrap, { partitions: 4 });
    const group = newGroup();
    // A busy machine needs its time to start a broker: that is no end of a session here.
    await givenSessionTimeout(place.bootstrap, group, 40_000);
    const a = member(group, topic, 'pod-0', { sessionTimeoutMs: 40_000 });
    await eventually('a hold of all', () => a.membership.owned.size === 4);
    const { memberId, memberEpoch } = a.membership;
    a.clear();
    for (let i = 0; i < 10; i += 1) {
      await pause(100);
      place.cut();
    }
    await place.broker.stop();
    await place.broker.start();
    await pause(2_000);
    expect(a.notes).toEqual([]);
    expect({ memberId: a.membership.memberId, memberEpoch: a.membership.memberEpoch }).toEqual({
      memberId,
      memberEpoch,
    });
    expect(a.membership.isCurrent()).toBe(true);
  });

  test('P1 a process that sleeps past its session knows it when it wakes, before anything else', async () => {
    const topic = await givenTopic(place.bootstrap, { partitions: 2 });
    const group = newGroup();
    const script = fileURLToPath(new URL('given-paused-member.ts', import.meta.url));
    const child = spawn(process.execPath, [script, place.bootstrap, group, topic, `${sessionTimeoutMs}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    cleanUp.push(async () => {
      child.kill('SIGKILL');
    });
    const told: { atMs: number; what: string; current?: boolean; owned?: number; reason?: string }[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line)));
    await eventually('it holds all', () => told.at(-1)?.owned === 2 && told.at(-1)?.current === true);
    child.kill('SIGSTOP');
    await pause(100);
    const other = member(group, topic, 'pod-1');
    // Its session ends at the broker, and the other has everything.
    await eventually('the other has all', () => other.membership.owned.size === 2);
    const asleep = told.length;
    child.kill('SIGCONT');
    await eventually('it joins again', () => told.slice(asleep).some(({ what }) => what === 'gained'));
    const awake = told.slice(asleep);
    const sleptMs = awake[0]!.atMs - told[asleep - 1]!.atMs;
    expect(sleptMs).toBeGreaterThan(sessionTimeoutMs - 1_000);
    const gained = awake.findIndex(({ what }) => what === 'gained');
    // Nothing may be called for what it held before it slept: not current, or (a member anew) holding nothing.
    expect(awake.slice(0, gained).filter(({ current, owned }) => current && owned !== 0)).toEqual([]);
    expect(awake.find(({ what }) => what === 'asked')).toMatchObject({ current: false });
    expect(awake.slice(0, gained).filter(({ what }) => what === 'lost')).toMatchObject([{ reason: 'session-expired' }]);
  });
});
