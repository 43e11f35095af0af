/** Records that nobody would send on purpose: what the function sees of them, and what comes out; none stops its partition or touches another. */
import { describe, expect, it } from 'vitest';
import { kafkaRoom } from '#kafka/index.ts';
import type { ProducedRecord } from '#kafka/ports.ts';
import { javaReads } from '../../../../../e2e/judge/java-records.ts';
import { eventually } from '../../../../../e2e/then/eventually.ts';
import { outputOf, type SeenEvent } from './function-server.ts';
import { position, type Scene } from './scene.ts';
import { stage } from './stage.ts';

const on = stage();
const text = (value: string): Buffer => Buffer.from(value);
const notUtf8 = Buffer.from([0xc3, 0x28, 0xff]);
type Header = ProducedRecord['headers'][number];

/** With headers that other clients cannot write: names that are no text, values that are null. */
async function write(scene: Scene, records: readonly Omit<ProducedRecord, 'topic' | 'partition'>[]): Promise<void> {
  const cluster = kafkaRoom.connect([on.bootstrap], 'edge');
  const producer = kafkaRoom.producer(cluster);
  const sent = await producer.send(records.map((record) => ({ ...record, topic: scene.input, partition: 0 })));
  await producer.close();
  await cluster.close();
  expect(sent.kind).toBe('ok');
}

const plain = { key: null, value: text('{}'), headers: [] };
const headersIn = ({ kafkaheaders }: SeenEvent): [string, string | null][] => JSON.parse(String(kafkaheaders));
const base64 = (bytes: Buffer): string => bytes.toString('base64');

describe('as they are', () => {
  it('keys, values and headers that are no text reach the function in Base64, and keys come out byte by byte', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
    const odd: Header[] = [
      [text('null'), null],
      [text('empty'), Buffer.alloc(0)],
      [text('again'), text('1')],
      [text('again'), text('2')],
      [text('value'), notUtf8],
      [text('content-length'), text('7')],
      [text('ce-id'), text('x\r\nset-cookie: y')],
      [text('Größe'), text('大')],
    ];
    const keys = [null, Buffer.alloc(0), notUtf8, text('key'), text('schlüssel-键'), Buffer.from([0])];
    await write(scene, [
      ...keys.map((key) => ({ ...plain, key })),
      { ...plain, value: notUtf8 },
      { ...plain, value: null },
      { ...plain, headers: odd },
      { ...plain, headers: [[notUtf8, text('name')]] },
      { ...plain, headers: Array.from({ length: 1000 }, (_, n): Header => [text(`h${n}`), text('v')]) },
      { ...plain, value: text('"\ud83d"') },
      { ...plain, value: text('{"__proto__":{"admin":true},"a":1,"a":2}') },
    ]);
    const invoker = await scene.invoker();
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 13);
    const events = server.calls.flatMap((call) => call.events);
    expect(events.map(({ partitionkey, kafkakeybase64 }) => partitionkey ?? kafkakeybase64 ?? null)).toEqual([
      ...[null, '', base64(notUtf8), 'key', 'schlüssel-键'],
      events[5]!.partitionkey ?? 'AA==',
      ...Array(7).fill(null),
    ]);
    const [bytes, tombstone, withHeaders, oddName, manyHeaders] = events.slice(6);
    expect(bytes).toMatchObject({ data_base64: base64(notUtf8), datacontenttype: 'application/octet-stream' });
    expect(tombstone).toMatchObject({ data: null, kafkatombstone: true });
    expect(headersIn(withHeaders!)).toEqual(odd.map(([name, value]) => [String(name), value && base64(value)]));
    expect(headersIn(oddName!)).toHaveLength(1);
    expect(headersIn(manyHeaders!)).toHaveLength(1000);
    const out = await javaReads(on.bootstrap, scene.contract.output!.topic, 13);
    expect(out.slice(0, 6).map(({ key }) => key)).toEqual(keys);
    expect(await invoker.report()).toMatchObject({ deadLettersWritten: 0, blocked: [] });
  });

  it('what says that it is a CloudEvent and is none, is wrapped where anything may come', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
    const ce = (...headers: [string, string][]) => headers.map(([name, value]): Header => [text(name), text(value)]);
    const structured: Header[] = [[text('content-type'), text('application/cloudevents+json')]];
    const whole = ce(['ce_specversion', '1.0'], ['ce_id', '1'], ['ce_source', '/s'], ['ce_type', 't']);
    await write(scene, [
      { ...plain, headers: whole },
      { ...plain, headers: ce(['ce_specversion', '1.0'], ['ce_source', '/s'], ['ce_type', 't']) },
      { ...plain, headers: ce(['ce_specversion', '0.3'], ['ce_id', '1'], ['ce_source', '/s'], ['ce_type', 't']) },
      { ...plain, headers: [...whole, ...ce(['ce_id', 'twice'])] },
      { ...plain, headers: structured, value: text('{"specversion":"1.0"') },
      { ...plain, headers: structured, value: text('{"specversion":"1.0","id":"1","source":"/s"}') },
      {
        ...plain,
        headers: structured,
        value: text('{"specversion":"1.0","id":"1","source":"/s","type":"t","data":1,"data_base64":"AA=="}'),
      },
    ]);
    const invoker = await scene.invoker();
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 7);
    const events = server.calls.flatMap((call) => call.events);
    expect(events.map(({ type }) => type)).toEqual(['t', ...Array(6).fill('dev.headrace.kafka.record.v1')]);
    expect(events.slice(1).map(({ id }) => id)).toEqual(
      [1, 2, 3, 4, 5, 6].map((offset) => `${scene.input}/0/${offset}`),
    );
  });

  it('JSON within JSON, ten thousand deep, is passed on and harms nobody on its way', async () => {
    const server = await on.server(() => ({ status: 204 }));
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
    const deep = (open: string, close: string): Buffer => text(`${open.repeat(10_000)}0${close.repeat(10_000)}`);
    await write(scene, [plain, { ...plain, value: deep('[', ']') }, { ...plain, value: deep('{"a":', '}') }, plain]);
    const invoker = await scene.invoker();
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 4);
    expect(server.calls.flatMap(({ events }) => events.map(({ datacontenttype }) => datacontenttype))).toEqual(
      Array(4).fill('application/json'),
    );
  });

  it('an output without data is a tombstone, under the key of its source', async () => {
    const server = await on.server(({ events }) => {
      const outputs = events.map((event) => ({ ...outputOf(event), data: null }));
      const headers = { 'content-type': 'application/cloudevents-batch+json' };
      return { status: 200, headers, body: JSON.stringify(outputs) };
    });
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], contract: { batch: one } });
    await write(scene, [{ ...plain, key: text('k'), value: null }]);
    await scene.invoker();
    await scene.untilOutRecords(1);
    expect(scene.output.records[0]).toMatchObject({ key: text('k'), value: null });
  });
});

describe('size and time', () => {
  it('a record larger than batch.maxBytes goes alone, those around it in order', async () => {
    const server = await on.server(() => ({ status: 204 }));
    const topics = { 'max.message.bytes': '12000000' };
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], topics });
    const large = text(JSON.stringify('x'.repeat(7_000_000)));
    await write(scene, [plain, plain, { ...plain, value: large }, plain, plain]);
    const invoker = await scene.invoker();
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 5);
    const offsets = server.calls.flatMap(({ events }) => events.map(({ id }) => Number(id.split('/')[2])));
    expect(offsets).toEqual([0, 1, 2, 3, 4]);
    const call = server.calls.find(({ events }) => events.some(({ id }) => id.endsWith('/2')))!;
    expect(call.events).toHaveLength(1);
    expect(String(call.events[0]!.data).length).toBe(7_000_000);
  });

  it('time is what the topic says it is: of the record, or of its arrival', async () => {
    const server = await on.server(() => ({ status: 204 }));
    const old = { ...plain, timestampMs: 1_000_000_000_000 };
    for (const type of ['CreateTime', 'LogAppendTime']) {
      const topics = { 'message.timestamp.type': type };
      const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], topics });
      const beganMs = Date.now();
      await write(scene, [old, { ...old, timestampMs: 0 }, { ...old, timestampMs: 999_999_999_999 }]);
      const invoker = await scene.invoker();
      await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 3);
      const events = server.calls.splice(0).flatMap((call) => call.events);
      const timesMs = events.map(({ time }) => Date.parse(String(time)));
      if (type === 'CreateTime') expect(timesMs).toEqual([1_000_000_000_000, 0, 999_999_999_999]);
      else for (const timeMs of timesMs) expect(timeMs).toBeGreaterThanOrEqual(beganMs - 1_000);
    }
  });
});

const one = { maxRecords: 1, maxBytes: 1_000_000, maxWaitMs: 0 };

describe('D11: a topic created anew while nobody looked', () => {
  async function anew(policy: 'Earliest' | 'Stop') {
    const server = await on.server();
    const scene = await on.scene({
      partitions: 1,
      endpoints: [server.endpoint],
      source: { onOffsetOutOfRange: policy },
    });
    let invoker = await scene.invoker();
    await scene.send(0, 10);
    await scene.untilOut(10);
    // For good: positions can be set of a group without members alone.
    scene.place(0);
    await invoker.until('it has left', async () => (await invoker.report()).membership === 'left');
    expect(await invoker.end()).toBe(0);
    scene.place(1);
    const { consumerGroup } = scene.contract.source;
    const [before] = await on.judge.committed(consumerGroup, scene.input);
    expect(before?.offset).toBe(10);
    await on.judge.deleteTopic(scene.input);
    await on.judge.topic(1, {}, scene.input);
    await scene.send(100, 30);
    // Kafka forgets commits together with their topic, soon; a group that was restored or mirrored has them.
    await eventually(
      'the commit is forgotten',
      { withinMs: 20_000, everyMs: 20 },
      () => on.judge.committed(consumerGroup, scene.input),
      ([left]) => left?.offset === -1,
    );
    await restore(scene, before!.metadata ?? '');
    invoker = await scene.invoker();
    return { scene, invoker };
  }

  async function restore(scene: Scene, metadata: string): Promise<void> {
    const cluster = kafkaRoom.connect([on.bootstrap], 'edge');
    const row = { partition: 0, offset: 10, metadata };
    const { consumerGroup, topic } = scene.contract.source;
    const outcome = await cluster.commitOffsets(consumerGroup, topic, [row], { kind: 'administrator' });
    expect(outcome).toEqual({ kind: 'ok', value: null });
    const [restored] = await on.judge.committed(consumerGroup, topic);
    expect(restored).toEqual({ offset: 10, metadata });
    await cluster.close();
  }

  it('Earliest: read from its first record, although the old position lies within it; counted', async () => {
    const { scene, invoker } = await anew('Earliest');
    await scene.untilOut(40);
    expect(scene.numbersOut().slice(10)).toEqual(Array.from({ length: 30 }, (_, n) => 100 + n));
    expect((await invoker.report()).outOfRange.count).toBe(1);
  });

  it('Stop: nothing is read, and the report names the topic that is gone', async () => {
    const { scene, invoker } = await anew('Stop');
    await invoker.until('it says so', async () => (await invoker.report()).blocked.length === 1);
    const [blocked] = (await invoker.report()).blocked;
    expect(blocked!.reason).toContain('is gone; onOffsetOutOfRange is Stop');
    expect(scene.numbersOut()).toHaveLength(10);
  });
});

it('partitions that are added while nobody looked are read from their first record', async () => {
  const server = await on.server();
  const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
  await on.judge.send(scene.input, [{ partition: 0, value: '{"n":0}' }]);
  await position(on.bootstrap, scene.contract.source.consumerGroup, scene.input, 1, 1);
  await on.judge.addPartitions(scene.input, 3);
  await on.judge.send(
    scene.input,
    [1, 2, 3, 4].map((n) => ({ partition: n % 2 === 0 ? 1 : 2, value: JSON.stringify({ n }) })),
  );
  const invoker = await scene.invoker();
  await scene.untilOut(4);
  expect(scene.numbersOut().sort()).toEqual([1, 2, 3, 4]);
  expect((await invoker.report()).outOfRange).toEqual({ count: 0, skipped: 0 });
});
