/** Topics that take nothing for a while (deleted, records too large, times of the future): the partition waits, says so, skips nothing, goes on. */
import { describe, expect, it } from 'vitest';
import { type Behaviour, echo } from './function-server.ts';
import type { InvokerProcess } from './invoker-process.ts';
import type { Scene } from './scene.ts';
import { stage } from './stage.ts';

const on = stage();
const reject: Behaviour = () => ({ status: 422, body: 'will not do' });

/** The producer is patient for 30 s; the second failure is told. */
const tellsWithinMs = 90_000;

const blockedFor = (invoker: InvokerProcess, reason: RegExp): Promise<void> =>
  invoker.until(
    `it is blocked for ${reason}`,
    async () => (await invoker.report()).blocked.some((blocked) => reason.test(blocked.reason)),
    tellsWithinMs,
  );
const settled = (invoker: InvokerProcess, count: number): Promise<void> =>
  invoker.until(`${count} are settled`, async () => (await invoker.report()).recordsSettled === count, 40_000);
async function committed({ judge, contract, input }: Scene): Promise<number[]> {
  return (await judge.committed(contract.source.consumerGroup, input)).map(({ offset }) => offset);
}
const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

describe('the dead letter topic', () => {
  it('D3 D8: deleted meanwhile: its partition waits, another goes on, and the letters are written when it is back', async () => {
    // Numbers of partition 0 are even.
    const server = await on.server((call) => (call.partition === 0 ? reject(call) : echo(call)));
    const scene = await on.scene({ partitions: 2, endpoints: [server.endpoint], deadLetters: true });
    const topic = scene.contract.delivery.deadLetterTopic!;
    const invoker = await scene.invoker();
    await scene.send(0, 4);
    await settled(invoker, 4);
    await scene.deadLetters!.stop();
    await on.judge.deleteTopic(topic);
    await scene.send(4, 40);
    await blockedFor(invoker, /UNKNOWN_TOPIC/);
    await settled(invoker, 4 + 20);
    expect(await invoker.report()).toMatchObject({ deadLettersWritten: 2, blocked: [{ partition: 0, offset: 2 }] });
    await invoker.until('the other is committed', async () => (await committed(scene)).join() === '2,22');
    await on.judge.topic(1, {}, topic);
    await settled(invoker, 44);
    const letters = await on.judge.read(topic);
    await invoker.until('all letters are there', () => letters.records.length >= 20);
    expect(letters.records.map(({ value }) => JSON.parse(String(value)).n)).toEqual(numbers(2, 20).map((n) => n * 2));
    await letters.stop();
  });

  it('D3 D8: takes no record of that time: its partition waits and says why, until the topic takes it', async () => {
    const server = await on.server(reject);
    const future = { 'message.timestamp.after.max.ms': String(2 ** 53) };
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], deadLetters: true, topics: future });
    await on.judge.configure(scene.contract.delivery.deadLetterTopic!, {});
    const timestamp = String(Date.now() + 1_000_000_000);
    await on.judge.send(scene.input, [{ partition: 0, value: '{"n":0}', timestamp }]);
    const invoker = await scene.invoker();
    await blockedFor(invoker, /INVALID_TIMESTAMP/);
    expect(await committed(scene)).toEqual([0]);
    await on.judge.configure(scene.contract.delivery.deadLetterTopic!, future);
    await settled(invoker, 1);
    await invoker.until('the letter is there', () => scene.deadLetters!.records.length === 1);
    expect(scene.deadLetters!.records[0]!.timestampMs).toBe(Number(timestamp));
  });
});

describe('an output larger than its topic takes', () => {
  it('D4 D8 P3: stops its partition, is told, repeats nothing that went before; goes on when the topic takes it', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
    await on.judge.configure(scene.contract.output!.topic, { 'max.message.bytes': '20000' });
    const filler = (n: number): string => (n === 7 ? 'x'.repeat(50_000) : '');
    await on.judge.send(
      scene.input,
      numbers(0, 20).map((n) => ({ partition: 0, value: JSON.stringify({ n, filler: filler(n) }) })),
    );
    const invoker = await scene.invoker();
    await blockedFor(invoker, /MESSAGE_TOO_LARGE/);
    const before = server.calls.length;
    // It tries again by itself, several times in this time.
    await invoker.until(
      'it was tried again',
      () => invoker.log.filter(({ msg }) => msg === 'a write was not acknowledged').length >= 4,
    );
    expect(server.calls.length).toBe(before);
    expect(scene.numbersOut().filter((n) => n > 7)).toEqual([]);
    const repeats = scene.numbersOut().length - new Set(scene.numbersOut()).size;
    await on.judge.configure(scene.contract.output!.topic, {});
    await settled(invoker, 20);
    await scene.untilOut(20);
    expect(scene.verdict(20)).toMatchObject({ lost: [], swapped: [] });
    expect(repeats).toBe(0);
  });
});
