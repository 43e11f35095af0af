// The scout as a process against a real broker: positions before sleep, lag as work, and every wrong thing by its name.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  type BindingSample,
  documentPath,
  type SamplesAnswer,
  type ScoutBinding,
  samplesPath,
} from '#contract/scout.ts';

const bootstrap = inject('kafkaBootstrap');
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
let scout: ChildProcess;
let url: string;
const logLines: string[] = [];

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

let counter = 0;
const unique = (word: string): string => `scout-${word}-${process.pid}-${counter++}`;

async function topicWith(records: number, partitions = 2): Promise<string> {
  const topic = unique('topic');
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }],
  });
  const messages = Array.from({ length: records }, (_, i) => ({ value: `${i}`, partition: i % partitions }));
  if (records > 0) await producer.send({ topic, messages });
  return topic;
}

const binding = (topic: string, more: Partial<ScoutBinding> = {}): ScoutBinding => ({
  uid: unique('uid'),
  name: 'b',
  bootstrapServers: [bootstrap],
  topic,
  consumerGroup: unique('group'),
  initialOffset: { kind: 'Earliest' },
  mayPosition: true,
  requiredTopics: [],
  ...more,
});

const put = async (hash: string, bindings: readonly ScoutBinding[]): Promise<void> => {
  const response = await fetch(`${url}${documentPath}`, {
    method: 'PUT',
    body: JSON.stringify({ version: 1, hash, bindings }),
  });
  expect(response.status).toBe(204);
};

/** Asks round after round until `done`; a deadline that says what was seen last. */
async function samplesUntil(
  hash: string,
  done: (samples: readonly BindingSample[]) => boolean,
): Promise<readonly BindingSample[]> {
  let after = 0;
  let last: SamplesAnswer | undefined;
  const deadlineMs = Date.now() + 30_000;
  while (Date.now() < deadlineMs) {
    const response = await fetch(`${url}${samplesPath}?document=${hash}&after=${after}`);
    expect(response.status).toBe(200);
    last = (await response.json()) as SamplesAnswer;
    if (done(last.samples)) return last.samples;
    after = last.sequence;
  }
  throw new Error(`not seen within 30 s; last: ${JSON.stringify(last)}`);
}

/** The sample of a binding that is alone in its document, once it says something other than what a starting broker says. */
async function sampleOf(b: ScoutBinding): Promise<BindingSample['outcome']> {
  await put(b.uid, [b]);
  const [sample] = await samplesUntil(b.uid, (samples) => samples.length === 1 && samples[0]?.outcome !== undefined);
  return (sample as BindingSample).outcome;
}

const committed = async (group: string, topic: string): Promise<string[]> => {
  const [entry] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  return (entry?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map((p) => p.offset);
};

beforeAll(async () => {
  await Promise.all([admin.connect(), producer.connect()]);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  scout = spawn(process.execPath, ['functions-runtime/scout/src/main.ts'], {
    env: { ...process.env, HEADRACE_PORT: String(port), HEADRACE_SAMPLE_PERIOD_MS: '200' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    scout.stdout?.on('data', (chunk: Buffer) => {
      logLines.push(String(chunk));
      if (String(chunk).includes('listening')) resolve();
    });
    scout.once('exit', () => reject(new Error(`the scout ended: ${logLines.join('')}`)));
  });
});

afterAll(async () => {
  const ended = new Promise((resolve) => scout.once('exit', resolve));
  scout.kill('SIGTERM');
  expect(await ended, logLines.join('')).toBe(0);
  await Promise.all([admin.disconnect(), producer.disconnect()]);
});

describe('initial positions are committed before a binding may sleep', () => {
  it('Earliest: the start of the log, all records are work', async () => {
    const b = binding(await topicWith(10));
    const outcome = await sampleOf(b);
    expect(outcome).toMatchObject({
      kind: 'sampled',
      positioned: true,
      partitions: [
        { lag: 5, committed: 0 },
        { lag: 5, committed: 0 },
      ],
    });
    expect(await committed(b.consumerGroup, b.topic)).toEqual(['0', '0']);
  });
  it('Latest: the end, and a record that comes later is work', async () => {
    const b = binding(await topicWith(10), { initialOffset: { kind: 'Latest' } });
    expect(await sampleOf(b)).toMatchObject({ kind: 'sampled', partitions: [{ lag: 0 }, { lag: 0 }] });
    expect(await committed(b.consumerGroup, b.topic)).toEqual(['5', '5']);
    await producer.send({ topic: b.topic, messages: [{ value: 'later', partition: 1 }] });
    const [sample] = await samplesUntil(
      b.uid,
      ([s]) => s?.outcome.kind === 'sampled' && s.outcome.partitions.some((p) => p.lag > 0),
    );
    expect(sample?.outcome).toMatchObject({ partitions: [{ lag: 0 }, { lag: 1 }] });
  });
  it('Timestamp: the first record at or after it', async () => {
    const topic = await topicWith(0, 1);
    await producer.send({
      topic,
      messages: [1_000_000, 2_000_000, 3_000_000].map((t) => ({ value: 'x', partition: 0, timestamp: String(t) })),
    });
    expect(
      await sampleOf(binding(topic, { initialOffset: { kind: 'Timestamp', timestampMs: 1_500_000 } })),
    ).toMatchObject({
      kind: 'sampled',
      partitions: [{ committed: 1, lag: 2 }],
    });
  });
  it('a position that is there is never moved', async () => {
    const b = binding(await topicWith(10), { initialOffset: { kind: 'Latest' } });
    await admin.setOffsets({
      groupId: b.consumerGroup,
      topic: b.topic,
      partitions: [
        { partition: 0, offset: '2' },
        { partition: 1, offset: '3' },
      ],
    });
    expect(await sampleOf(b)).toMatchObject({
      kind: 'sampled',
      partitions: [
        { committed: 2, lag: 3 },
        { committed: 3, lag: 2 },
      ],
    });
  });
  it('an added partition begins at its start, also under Latest', async () => {
    const b = binding(await topicWith(4, 1), { initialOffset: { kind: 'Latest' } });
    await sampleOf(b);
    await admin.createPartitions({ topicPartitions: [{ topic: b.topic, count: 2 }] });
    const known = async (): Promise<number> => (await admin.fetchTopicOffsets(b.topic)).length;
    await expect.poll(known, { timeout: 10_000 }).toBe(2);
    // A producer that has never seen the topic with one partition only.
    const fresh = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
    await fresh.connect();
    await fresh.send({ topic: b.topic, messages: [{ value: 'new', partition: 1 }] });
    await fresh.disconnect();
    const [sample] = await samplesUntil(
      b.uid,
      ([s]) => s?.outcome.kind === 'sampled' && s.outcome.partitions.length === 2 && s.outcome.partitions[1]?.lag === 1,
    );
    expect(sample?.outcome).toMatchObject({ partitions: [{ lag: 0 }, { committed: 0, lag: 1 }] });
  }, 60_000);
});

describe('what is wrong has a name', () => {
  it('D11 offsets that are gone are reported, initialOffset is not used again', async () => {
    const b = binding(await topicWith(4), { mayPosition: false });
    expect(await sampleOf(b)).toMatchObject({ kind: 'failed', reason: 'OffsetsMissing' });
    expect(await committed(b.consumerGroup, b.topic)).toEqual(['-1', '-1']);
  });
  it('a missing topic, then it appears', async () => {
    const topic = unique('late');
    const b = binding(topic);
    expect(await sampleOf(b)).toMatchObject({
      kind: 'failed',
      reason: 'TopicMissing',
      message: expect.stringContaining(topic),
    });
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
    await samplesUntil(b.uid, ([s]) => s?.outcome.kind === 'sampled' && s.outcome.positioned);
  });
  it('a missing output topic', async () => {
    const b = binding(await topicWith(0), { requiredTopics: [{ role: 'deadLetter', topic: unique('dlt') }] });
    expect(await sampleOf(b)).toMatchObject({
      kind: 'failed',
      reason: 'RequiredTopicMissing',
      message: expect.stringContaining('dead letter topic'),
    });
  });
  it('a broker that is not there holds up nobody else', async () => {
    const wrong = binding('any', { bootstrapServers: [`127.0.0.1:${await freePort()}`] });
    const right = binding(await topicWith(2));
    await put('both', [wrong, right]);
    const samples = await samplesUntil(
      'both',
      (s) => s.some((x) => x.uid === wrong.uid) && s.some((x) => x.uid === right.uid),
    );
    expect(samples.find((s) => s.uid === wrong.uid)?.outcome).toMatchObject({
      kind: 'failed',
      reason: 'BrokerUnreachable',
    });
    expect(samples.find((s) => s.uid === right.uid)?.outcome).toMatchObject({ kind: 'sampled' });
  });
  it('a document it does not have, a body that is none', async () => {
    expect((await fetch(`${url}${samplesPath}?document=unknown&after=0`)).status).toBe(412);
    expect((await fetch(`${url}${documentPath}`, { method: 'PUT', body: 'nonsense' })).status).toBe(400);
  });
});
