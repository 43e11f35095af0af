/** Records of 30 MiB, far above what brokers take by default: each goes alone, comes out whole, and holds up nobody else; what is too large for a host or for us has a defined end (D1, D7, D8, D9). */
import { randomFillSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { InvokerReport } from '#contract/invoker-report.ts';
import { writeCompressed } from '#kafka/given-topics.ts';
import { memory } from '../../../../../e2e/bench/meter.ts';
import type { SentRecord } from '../../../../../e2e/judge/kafka-judge.ts';
import { HostProcess } from '../../../../hosts/conformance/host-process.ts';
import { type Behaviour, outputOf, type SeenEvent } from './function-server.ts';
import type { InvokerProcess } from './invoker-process.ts';
import { stage } from './stage.ts';

const on = stage();
const mebibyte = 1024 * 1024;
const large = 30 * mebibyte;
const maxBufferedBytes = 16 * mebibyte;
/** Seen: 740 with two such records at a time, as a value, an event, an answer and an output each. */
const residentMaxMb = 1_100;
const topics = { 'max.message.bytes': String(32 * mebibyte) };
const contract = {
  function: { name: 'f', serviceName: 'f', kind: 'Host', timeoutMs: 60_000, concurrency: 8 },
  flow: { maxBufferedBytes, maxResponseBytes: 64 * mebibyte, drainTimeoutMs: 8_000 },
} as const;
const withinMs = 90_000;

/** A JSON string of exactly so many bytes. */
const jsonOf = (bytes: number): Buffer =>
  Buffer.alloc(bytes, 'x')
    .fill('"', 0, 1)
    .fill('"', bytes - 1);
const json = jsonOf(large);
const noText = randomFillSync(Buffer.alloc(large));
const small = (n: number, partition = 0): SentRecord => ({ partition, value: String(n), key: String(partition) });

const isLarge = (event: SeenEvent): boolean =>
  [event.data, event.data_base64].some((value) => typeof value === 'string' && value.length > mebibyte);

/** Until its report says so. This process is busy with long texts, so that a connection may be closed before it is used again. */
async function until(invoker: InvokerProcess, holds: (report: InvokerReport) => boolean): Promise<void> {
  const reported = async (): Promise<boolean> => {
    const report = await invoker.report().catch(() => null);
    return report !== null && holds(report);
  };
  await invoker.until('the report says so', reported, withinMs);
}

describe('a value of 30 MiB', () => {
  it('D1 D9 P3: is called alone, between its neighbours, and an output of its size is written', async () => {
    const server = await on.server(({ events }) => {
      const outputs = events.map((event) => {
        const { data_base64, datacontenttype } = event;
        return { ...outputOf(event), ...(data_base64 === undefined ? {} : { data_base64, datacontenttype }) };
      });
      const headers = { 'content-type': 'application/cloudevents-batch+json' };
      return { status: 200, headers, body: JSON.stringify(outputs) };
    });
    const scene = await on.scene({ partitions: 2, endpoints: [server.endpoint], topics, contract });
    const sent = [
      [small(0), { ...small(1), value: json }, { ...small(2), value: noText }, small(3)],
      [{ ...small(0, 1), value: noText }, small(1, 1), small(2, 1)],
    ];
    for (const record of sent.flat()) await on.judge.send(scene.input, [record]);
    const invoker = await scene.invoker();
    let most = 0;
    await until(invoker, ({ bufferedBytes, recordsSettled }) => {
      most = Math.max(most, bufferedBytes);
      return recordsSettled === 7;
    });
    await scene.untilOutRecords(7, withinMs);
    for (const [partition, records] of sent.entries()) {
      const calls = server.calls.filter((call) => call.partition === partition).map(({ events }) => events);
      expect(calls.flat().map(({ id }) => Number(id.split('/')[2]))).toEqual(records.map((_, offset) => offset));
      for (const events of calls) if (events.some(isLarge)) expect(events).toHaveLength(1);
      const out = scene.output.records.filter(({ key }) => String(key) === String(partition));
      const isSame = out.map(({ value }, index) => value?.equals(Buffer.from(records[index]!.value!)));
      expect(isSame).toEqual(records.map(() => true));
    }
    // Of each partition one record that is larger than its share, and no second one.
    expect(most).toBeGreaterThanOrEqual(large);
    expect(most).toBeLessThan(2 * large + maxBufferedBytes);
    expect(memory(invoker.pid).peakMb).toBeLessThan(residentMaxMb);
    expect(await invoker.end()).toBe(0);
  });

  it('D7: is the same bytes as a dead letter, with its key, headers and time', async () => {
    const reject: Behaviour = ({ events }) => ({ status: events.some(isLarge) ? 422 : 204 });
    const server = await on.server(reject);
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], topics, contract, deadLetters: true });
    const source = { ...small(1), value: noText, headers: { h: 'v' }, timestamp: '1700000000000' };
    for (const record of [small(0), source, small(2)]) await on.judge.send(scene.input, [record]);
    const invoker = await scene.invoker();
    await until(invoker, ({ recordsSettled }) => recordsSettled === 3);
    await invoker.until('the letter is read', () => scene.deadLetters!.records.length === 1, withinMs);
    const letter = scene.deadLetters!.records[0]!;
    expect(noText.equals(letter.value!)).toBe(true);
    expect([String(letter.key), String(letter.headers.h), letter.timestampMs]).toEqual(['0', 'v', 1_700_000_000_000]);
  });
});

describe('too large', () => {
  it('for a host, which takes 16 MiB by default: a dead letter with the code 413; its neighbours are processed', async () => {
    const main = new URL('../../../../hosts/node/main.ts', import.meta.url).pathname;
    const code = 'export default (event) => ({ n: event.data });';
    const command = { language: 'node', command: process.execPath, args: [main] };
    const host = await HostProcess.start(command, { function: 'f', concurrency: 8 }, { 'index.mjs': code });
    on.after(() => host.stop());
    const endpoints = [`127.0.0.1:${host.port}`];
    const scene = await on.scene({ partitions: 1, endpoints, topics, contract, deadLetters: true });
    for (const record of [small(0), { ...small(1), value: json }, small(2)]) await on.judge.send(scene.input, [record]);
    const invoker = await scene.invoker();
    await until(invoker, ({ recordsSettled }) => recordsSettled === 3);
    await scene.untilOut(2);
    expect(scene.numbersOut()).toEqual([0, 2]);
    await invoker.until('the letter is read', () => scene.deadLetters!.records.length === 1, withinMs);
    const { value, headers } = scene.deadLetters!.records[0]!;
    expect(json.equals(value!)).toBe(true);
    expect(String(headers.knativeerrorcode)).toBe('413');
    expect(String(headers['headrace-reason'])).toContain('a body may have 16777216 bytes');
  });

  it('D1 D8: for us, who take batches of 64 MiB: their partitions wait, however they are packed; others go on', async () => {
    const server = await on.server(() => ({ status: 204 }));
    const wide = { 'max.message.bytes': String(90 * mebibyte) };
    const scene = await on.scene({ partitions: 3, endpoints: [server.endpoint], topics: wide, contract });
    const tooLarge = jsonOf(70 * mebibyte);
    for (const partition of [0, 1, 2]) await on.judge.send(scene.input, [small(0, partition)]);
    await writeCompressed(on.bootstrap, scene.input, 0, tooLarge, 'none');
    await writeCompressed(on.bootstrap, scene.input, 1, tooLarge, 'zstd');
    for (const partition of [0, 1, 2]) await on.judge.send(scene.input, [small(2, partition)]);
    const invoker = await scene.invoker();
    await until(invoker, ({ blocked, recordsSettled }) => blocked.length === 2 && recordsSettled === 4);
    const reason = expect.stringMatching(/^BATCH_TOO_LARGE: .* it holds more than 67108864 bytes$/);
    const { blocked } = await invoker.report();
    expect(blocked.toSorted((a, b) => a.partition - b.partition)).toEqual(
      [0, 1].map((partition) => ({ partition, offset: 1, cause: 'unreadable', reason })),
    );
    await on.judge.send(scene.input, [small(3, 2)]);
    await until(invoker, ({ recordsSettled }) => recordsSettled === 5);
    expect(memory(invoker.pid).peakMb).toBeLessThan(residentMaxMb);
    expect(await invoker.end()).toBe(0);
  });
});
