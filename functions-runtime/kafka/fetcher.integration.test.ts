/** What the fetcher hands on from a real broker's log, and what it never does. */
import { afterAll, afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { must } from '../../e2e/cluster/commands.ts';
import { javaCommand, kafkaLibs } from '../../e2e/cluster/tools.ts';
import { connectCluster } from './cluster.ts';
import { GivenReader } from './given-reader.ts';
import { deleteRecords, eventually, givenTopic, recreateTopic } from './given-topics.ts';
import { type GivenTransactions, givenTransactions } from './given-transactions.ts';
import { pause } from './patience.ts';
import type { FetcherOptions } from './ports.ts';
import { WireProducer } from './producer.ts';

const bootstrap = inject('kafkaBootstrap');
const cluster = connectCluster([bootstrap], 'fetcher-test');
const producer = new WireProducer(cluster);
let topic: string;
let readers: GivenReader[] = [];

beforeEach(async () => {
  topic = await givenTopic(bootstrap, { partitions: 4 });
});
afterEach(async () => {
  await Promise.all(readers.map(({ fetcher }) => fetcher.close()));
  readers = [];
});
afterAll(() => cluster.close());

function reader(options: Partial<FetcherOptions> = {}): GivenReader {
  const made = new GivenReader(cluster, topic, options);
  readers.push(made);
  return made;
}

async function write(partition: number, ...values: string[]): Promise<void> {
  const records = values.map((value) => ({ topic, partition, key: null, value: Buffer.from(value), headers: [] }));
  expect(await producer.send(records)).toEqual({ kind: 'ok', value: null });
}

describe('long poll', () => {
  test('an idle one waits its time, and a record ends it at once', async () => {
    const seen = reader({ maxWaitMs: 5_000 });
    seen.fetcher.add(0, 0);
    await pause(300);
    const writing = write(0, 'now');
    const tookMs = await seen.untilCount(1);
    await writing;
    expect(tookMs).toBeLessThan(500);
  });

  test('what is added or resumed during an idle poll does not wait for its end, nor does what is written to it then', async () => {
    await write(1, 'added');
    await write(2, 'resumed');
    const seen = reader({ maxWaitMs: 5_000 });
    seen.fetcher.add(0, 0);
    await pause(300);
    seen.fetcher.add(1, 0);
    expect(await seen.untilCount(1)).toBeLessThan(300);
    seen.fetcher.add(2, 0);
    seen.fetcher.pause(2);
    await pause(200);
    seen.fetcher.resume(2);
    expect(await seen.untilCount(2)).toBeLessThan(300);
    seen.fetcher.add(3, 0);
    await pause(200);
    await write(3, 'written');
    expect(await seen.untilCount(3)).toBeLessThan(300);
    expect(seen.values()).toEqual(['added', 'resumed', 'written']);
  });
});

describe('flow', () => {
  test('D9 a partition paused while its answer is on the way gets nothing, and everything after resume', async () => {
    await write(0, 'a');
    await write(0, 'b');
    const seen = reader({ partitionMaxBytes: 1 });
    seen.onDelivery = () => seen.fetcher.pause(0);
    seen.fetcher.add(0, 0);
    await seen.untilCount(1);
    await pause(500);
    expect(seen.values()).toEqual(['a']);
    seen.fetcher.resume(0);
    await seen.untilCount(2);
    expect(seen.values()).toEqual(['a', 'b']);
  });

  test.each([
    ['kept', 8 * 1024 * 1024],
    ['fetched again', 0],
  ])(
    'D9 D1 paused after each portion: the rest of the answer is %s, nothing is left out or repeated',
    async (_, restMaxBytes) => {
      const count = 3_000;
      await write(0, ...Array.from({ length: count }, (_, i) => `${i}`));
      const seen = reader({ restMaxBytes });
      let deliveries = 0;
      seen.onDelivery = () => {
        deliveries += 1;
        seen.fetcher.pause(0);
        setTimeout(() => seen.fetcher.resume(0), 20);
      };
      seen.fetcher.add(0, 0);
      await seen.untilCount(count);
      expect(seen.values()).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
      expect(deliveries).toBeGreaterThan(3);
    },
  );

  test('D5 what was kept of a partition that was removed does not come when it is added elsewhere', async () => {
    await write(0, ...Array.from({ length: 2_000 }, (_, i) => `${i}`));
    const seen = reader();
    seen.onDelivery = () => seen.fetcher.pause(0);
    seen.fetcher.add(0, 0);
    await eventually('the first portion', () => seen.records.length > 0);
    seen.fetcher.remove(0);
    const before = seen.records.length;
    seen.onDelivery = () => {};
    seen.fetcher.add(0, 1_990);
    await seen.untilCount(before + 10);
    await pause(300);
    expect(seen.records.slice(before).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 10 }, (_, i) => 1_990 + i),
    );
  });

  // About as long as an answer takes: before, while and after the first one comes.
  test.each([0, 1, 2, 3, 5, 8])(
    'D5 removed after %i ms and added again elsewhere: nothing of the old hold comes through',
    async (heldMs) => {
      await write(0, ...Array.from({ length: 100 }, (_, i) => `${i}`));
      const seen = reader();
      seen.fetcher.add(0, 0);
      await pause(heldMs);
      seen.fetcher.remove(0);
      const before = seen.records.length;
      seen.fetcher.add(0, 90);
      await seen.untilCount(before + 10);
      await pause(100);
      expect(seen.records.slice(before).map(({ offset }) => offset)).toEqual(
        Array.from({ length: 10 }, (_, i) => 90 + i),
      );
    },
  );

  test('a partition with much in it does not starve the others when the answer is small', async () => {
    await write(0, ...Array.from({ length: 200 }, () => 'x'.repeat(5_000)));
    for (const partition of [1, 2, 3]) await write(partition, 'small');
    const seen = reader({ maxBytes: 20_000, partitionMaxBytes: 20_000 });
    for (const partition of [0, 1, 2, 3]) seen.fetcher.add(partition, 0);
    await eventually('the small ones', () => seen.values().filter((value) => value === 'small').length === 3);
    await seen.untilCount(203);
    expect(seen.failures).toEqual([]);
  });

  test('the middle of a batch is a position', async () => {
    await write(0, 'a', 'b', 'c');
    const seen = reader();
    seen.fetcher.add(0, 1);
    await seen.untilCount(2);
    expect(seen.records.map(({ offset, value }) => [offset, String(value)])).toEqual([
      [1, 'b'],
      [2, 'c'],
    ]);
  });
});

describe('D11 out of range', () => {
  test('below the log start and above its end: told with the bounds, never reset', async () => {
    await write(0, 'a', 'b', 'c');
    await deleteRecords(bootstrap, topic, 0, 2);
    const seen = reader();
    seen.fetcher.add(0, 0);
    await eventually('it is told', () => seen.outOfRange.length === 1);
    seen.fetcher.remove(0);
    seen.fetcher.add(0, 99);
    await eventually('it is told again', () => seen.outOfRange.length === 2);
    expect(seen.outOfRange).toEqual([
      { partition: 0, position: 0, logStart: 2, logEnd: 3 },
      { partition: 0, position: 99, logStart: 2, logEnd: 3 },
    ]);
    await pause(300);
    expect(seen.records).toEqual([]);
    expect(seen.outOfRange).toHaveLength(2);
    seen.fetcher.add(0, 2);
    await seen.untilCount(1);
    expect(seen.values()).toEqual(['c']);
  });

  test('one partition out of range does not hide what the answer has for the others', async () => {
    await write(1, 'ok');
    const seen = reader();
    seen.fetcher.add(0, 99);
    seen.fetcher.add(1, 0);
    await seen.untilCount(1);
    await eventually('the other is told', () => seen.outOfRange.length === 1);
  });
});

test('D11 a topic made anew under the same name is another one: not read on from the old position', async () => {
  await write(0, 'old', 'older');
  const seen = reader();
  seen.fetcher.add(0, 0);
  await seen.untilCount(2);
  await recreateTopic(bootstrap, topic, { partitions: 4 });
  await eventually('it is told', () => seen.failures.some(({ code }) => code === 'TOPIC_RECREATED'));
  expect(seen.failures.find(({ code }) => code === 'TOPIC_RECREATED')).toMatchObject({ retriable: false });
  const other = new WireProducer(cluster);
  for (const value of ['new-0', 'new-1', 'new-2']) {
    await eventually('it is written', async () => {
      const sent = await other.send([{ topic, partition: 0, key: null, value: Buffer.from(value), headers: [] }]);
      return sent.kind === 'ok';
    });
  }
  await pause(700);
  expect(seen.values()).toEqual(['old', 'older']);
  seen.fetcher.add(0, 0);
  await seen.untilCount(5);
  expect(seen.values().slice(2)).toEqual(['new-0', 'new-1', 'new-2']);
  await other.close();
});

describe('D10 transactions', () => {
  let transactions: GivenTransactions;
  beforeEach(async () => {
    transactions = await givenTransactions(bootstrap, topic);
  });
  afterEach(() => transactions.close());

  test.each([500_000, 1])(
    'committed records only, in answers of up to %i bytes; the position passes every marker',
    async (partitionMaxBytes) => {
      await transactions.write(['ab1-0', 'ab1-1'], 'abort');
      await transactions.write(['ok1-0', 'ok1-1'], 'commit');
      await transactions.write(['ab2'], 'abort');
      await write(0, 'plain');
      await transactions.write(['ok2'], 'commit');
      const seen = reader({ partitionMaxBytes });
      seen.fetcher.add(0, 0);
      // Seven records and four markers.
      await seen.untilPosition(0, 11);
      expect(seen.values()).toEqual(['ok1-0', 'ok1-1', 'plain', 'ok2']);
      expect(seen.positions.get(0)).toBe(11);
    },
  );

  test('an open transaction holds the reader back at the last stable offset, until it ends', async () => {
    await write(0, 'before');
    await transactions.write(['open'], 'leave-open');
    await write(0, 'after');
    const seen = reader();
    seen.fetcher.add(0, 0);
    await seen.untilCount(1);
    await pause(700);
    expect(seen.values()).toEqual(['before']);
    expect(await cluster.listOffsets(topic, [0], 'latest')).toEqual({ kind: 'ok', value: new Map([[0, 1]]) });
    await transactions.end('abort');
    await seen.untilCount(2);
    expect(seen.values()).toEqual(['before', 'after']);
  });
});

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('reads what the Java producer wrote with %s', async (codec) => {
  const lines = Array.from({ length: 50 }, (_, i) => `line-${i}-${'é'.repeat(i)}`);
  const [java, libs] = await Promise.all([javaCommand(), kafkaLibs()]);
  const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--compression-codec', codec];
  await must(java, ['-cp', `${libs}/*`, 'org.apache.kafka.tools.ConsoleProducer', ...args], {
    stdin: `${lines.join('\n')}\n`,
  });
  const seen = reader();
  for (const partition of [0, 1, 2, 3]) seen.fetcher.add(partition, 0);
  await seen.untilCount(50);
  expect(seen.values().toSorted()).toEqual(lines.toSorted());
});
