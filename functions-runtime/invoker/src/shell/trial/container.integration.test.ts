/** A plain container: what it is sent (path, headers, body), what its status codes mean, and what the invoker does because it knows no epochs. */
import { describe, expect, it } from 'vitest';
import { ContainerServer, type Plain } from './container-server.ts';
import { type Stage, stage } from './stage.ts';

const on: Stage = stage();

async function container(behaviour: Plain): Promise<ContainerServer> {
  const server = await ContainerServer.start(behaviour);
  on.after(() => server.stop());
  return server;
}
const target = { name: 'f', serviceName: 'f', kind: 'Container', timeoutMs: 1000, concurrency: 4 } as const;
const one = { maxRecords: 1, maxBytes: 1_000_000, maxWaitMs: 0 };
const numbers = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ partition: 0, value: JSON.stringify({ n: from + index }) }));
const numberIn = (body: Buffer): number => (JSON.parse(body.toString()) as { n: number }).n;

describe('what it is sent', () => {
  it('one event for each call, in binary mode: attributes as headers, the value as the body, to /', async () => {
    const server = await container(() => ({ status: 204 }));
    const scene = await on.scene({
      partitions: 1,
      endpoints: [server.endpoint],
      contract: { function: target, batch: one },
    });
    const invoker = await scene.invoker();
    const ce = { ce_specversion: '1.0', ce_id: 'ä 1', ce_source: '/shop', ce_type: 'shop.order', ce_trace: '"50%"' };
    await on.judge.send(scene.input, [
      { partition: 0, key: 'schlüssel', value: '{"n":1}' },
      { partition: 0, value: Buffer.from([0, 255]) },
      { partition: 0, value: '<order/>', headers: { ...ce, 'content-type': 'application/xml; charset=utf-8' } },
      { partition: 0, key: 'k', value: null },
    ]);
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 4);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(4).fill('POST /'));
    expect(server.requests.map(({ body }) => body)).toEqual([
      Buffer.from('{"n":1}'),
      Buffer.from([0, 255]),
      Buffer.from('<order/>'),
      Buffer.alloc(0),
    ]);
    const [wrapped, bytes, event, tombstone] = server.requests.map(({ headers }) => headers);
    expect(wrapped).toMatchObject({
      'ce-specversion': '1.0',
      'ce-id': `${scene.input}/0/0`,
      'ce-source': `/kafka/${scene.input}`,
      'ce-type': 'dev.headrace.kafka.record.v1',
      'ce-partitionkey': 'schl%C3%BCssel',
      'content-type': 'application/json',
      'headrace-binding': `trial/${scene.contract.binding.name}`,
      'headrace-topic': scene.input,
      'headrace-partition': '0',
      'headrace-offsets': '0',
      'headrace-attempt': '1',
      'idempotency-key': expect.stringMatching(/^[^/]+\/0\/0-0$/),
    });
    expect(bytes).toMatchObject({ 'content-type': 'application/octet-stream' });
    expect(event).toMatchObject({
      'ce-id': '%C3%A4%201',
      'ce-type': 'shop.order',
      'ce-source': '/shop',
      'ce-trace': '%2250%25%22',
      'content-type': 'application/xml; charset=utf-8',
    });
    expect(tombstone).toMatchObject({ 'ce-kafkatombstone': 'true' });
    expect(tombstone).not.toHaveProperty('content-type');
  });

  it('structured what was structured in Kafka, byte by byte; batches where it takes them', async () => {
    const server = await container(() => ({ status: 200 }));
    const single = await on.scene({
      partitions: 1,
      endpoints: [server.endpoint],
      contract: { function: target, batch: one },
    });
    const value = '{ "specversion":"1.0", "id":"1", "source":"/s", "type":"t", "data":{"b":1,"a":1e2} }';
    const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
    const first = await single.invoker();
    await on.judge.send(single.input, [{ partition: 0, value, headers }]);
    await first.until('all is settled', async () => (await first.report()).recordsSettled === 1);
    expect(server.requests[0]!.headers['content-type']).toBe('application/cloudevents+json');
    expect(server.requests[0]!.body.toString()).toBe(value);

    const many = await on.scene({ partitions: 1, endpoints: [server.endpoint], contract: { function: target } });
    await on.judge.send(many.input, numbers(10));
    const second = await many.invoker();
    await second.until('all is settled', async () => (await second.report()).recordsSettled === 10);
    expect(server.requests[1]!.headers['content-type']).toBe('application/cloudevents-batch+json');
    const ids = server.requests.slice(1).flatMap(({ body }) => JSON.parse(body.toString()) as { id: string }[]);
    expect(ids.map(({ id }) => id)).toEqual(numbers(10).map((_, n) => `${many.input}/0/${n}`));
  });
});

/** One of each kind; the whole table is that of `contract/answer-decode.test.ts`. */
describe('what its status codes mean', () => {
  /** Record 1 is answered with the status twice, then accepted; the others at once. */
  async function trial(status: number, headers: Record<string, string> = {}) {
    let refusals = 0;
    const server = await container(({ body }) => {
      if (numberIn(body) !== 1 || refusals === 2) return { status: 200 };
      refusals += 1;
      return { status, headers };
    });
    const scene = await on.scene({
      partitions: 1,
      endpoints: [server.endpoint],
      deadLetters: true,
      contract: { function: target, batch: one },
    });
    await on.judge.send(scene.input, numbers(4));
    const invoker = await scene.invoker();
    return { server, scene, invoker };
  }

  it.each([
    [500, ['1', '2', '3']],
    [404, ['1', '2', '3']],
    [302, ['1', '2', '3']],
    [503, ['1', '1', '1']],
    [429, ['1', '1', '1']],
    [423, ['1', '1', '1']],
  ])('%i: again, in order, as attempts %j', async (status, attempts) => {
    const { server, scene, invoker } = await trial(status, { location: '/elsewhere' });
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 4);
    expect(server.requests.map(({ path, body }) => `${path} ${numberIn(body)}`)).toEqual(
      [0, 1, 1, 1, 2, 3].map((n) => `/ ${n}`),
    );
    const of1 = server.requests.filter(({ body }) => numberIn(body) === 1);
    expect(of1.map(({ headers }) => headers['headrace-attempt'])).toEqual(attempts);
    expect(scene.deadLetters!.records).toEqual([]);
  });

  it.each([400, 413])('%i: rejected for good, after one call', async (status) => {
    const { server, scene, invoker } = await trial(status);
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 4);
    expect(server.requests.map(({ body }) => numberIn(body))).toEqual([0, 1, 2, 3]);
    expect((await invoker.report()).deadLettersWritten).toBe(1);
    await invoker.until('the letter is there', () => scene.deadLetters!.records.length === 1);
    expect(String(scene.deadLetters!.records[0]!.value)).toBe('{"n":1}');
  });

  it.each([401])('%i: the caller may not call: the partition is blocked, no record is touched', async (status) => {
    const { scene, invoker } = await trial(status);
    await invoker.until('it says so', async () => (await invoker.report()).blocked.length === 1);
    expect(await invoker.report()).toMatchObject({ recordsSettled: 1, blocked: [{ partition: 0, offset: 1 }] });
    expect(scene.deadLetters!.records).toEqual([]);
  });
});

describe('ownership without epochs', () => {
  it('P1: after an unclean end the report and the metrics name the partitions whose first call waits; after a clean end none waits', async () => {
    const server = await container(() => ({ status: 204 }));
    const scene = await on.scene({
      partitions: 2,
      endpoints: [server.endpoint],
      contract: { function: target, batch: one },
    });
    const first = await scene.invoker();
    await scene.send(0, 4);
    await first.until('all is settled', async () => (await first.report()).recordsSettled === 4);
    await first.kill();
    await scene.send(4, 4);
    const second = await scene.invoker();
    await second.until('both are guarded', async () => (await second.report()).guardedPartitions.length === 2);
    const called = server.requests.length;
    expect(await second.report()).toMatchObject({ ownedPartitions: [0, 1], openCalls: 0 });
    const metrics = await (await fetch(`http://127.0.0.1:${second.port}/metrics`)).text();
    expect(metrics).toMatch(/^headrace_guarded_partitions\{[^}]*\} 2$/m);
    expect(server.requests.length).toBe(called);
    await second.until('all is settled', async () => (await second.report()).recordsSettled >= 4);
    expect((await second.report()).guardedPartitions).toEqual([]);
    expect(await second.end()).toBe(0);
    const third = await scene.invoker();
    await third.owns([0, 1]);
    expect((await third.report()).guardedPartitions).toEqual([]);
    expect(server.requests.filter(({ path }) => path !== '/')).toEqual([]);
  });
});
