/** Where an owner starts: missing commits, retention, new partitions, topics created anew; nothing is reset without a word (D11). */
import { describe, expect, it } from 'vitest';
import { position } from './scene.ts';
import { stage } from './stage.ts';

const on = stage();
const numbers = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ partition: 0, value: JSON.stringify({ n: from + index }) }));

describe('D11: out of range', () => {
  it('Earliest: goes on at the log start, counts what was skipped, and says so', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
    await on.judge.send(scene.input, numbers(50));
    await on.judge.deleteRecords(scene.input, 0, 30);
    const invoker = await scene.invoker();
    await scene.untilOut(20);
    expect(scene.numbersOut()).toEqual(Array.from({ length: 20 }, (_, index) => 30 + index));
    const { outOfRange, happened } = await invoker.report();
    expect(outOfRange).toEqual({ count: 1, skipped: 30 });
    expect(happened).toMatchObject([
      { kind: 'out-of-range', partition: 0, detail: expect.stringContaining('30 offsets are skipped') },
    ]);
  });

  it('Stop: nothing is read, the partition is reported as blocked, others go on', async () => {
    const server = await on.server();
    const scene = await on.scene({
      partitions: 2,
      endpoints: [server.endpoint],
      source: { onOffsetOutOfRange: 'Stop' },
    });
    await scene.send(0, 40);
    await on.judge.deleteRecords(scene.input, 0, 5);
    const invoker = await scene.invoker();
    await scene.untilOut(20);
    await invoker.until('it says so', async () => (await invoker.report()).blocked.length === 1);
    expect((await invoker.report()).blocked).toEqual([
      {
        partition: 0,
        offset: 0,
        cause: 'out-of-range',
        reason: expect.stringContaining('outside of the log (5 to 20)'),
      },
    ]);
    expect(scene.numbersOut().every((n) => n % 2 === 1)).toBe(true);
    expect(await invoker.end()).toBe(0);
  });

  it('a commit above the end (the log was cut): Earliest starts over', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], positioned: false });
    await on.judge.send(scene.input, numbers(10));
    await position(on.bootstrap, scene.contract.source.consumerGroup, scene.input, 1, 500);
    const invoker = await scene.invoker();
    await scene.untilOut(10);
    expect((await invoker.report()).outOfRange).toEqual({ count: 1, skipped: 0 });
  });

  it('no commit anywhere: by policy, and counted', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 2, endpoints: [server.endpoint], positioned: false });
    await scene.send(0, 20);
    const invoker = await scene.invoker();
    await scene.untilOut(20);
    expect((await invoker.report()).outOfRange).toEqual({ count: 2, skipped: 0 });
  });
});

describe('topics that change', () => {
  it('partitions added are read from their first record, and that is no mishap', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
    const invoker = await scene.invoker();
    await scene.send(0, 10);
    await scene.untilOut(10);
    await on.judge.addPartitions(scene.input, 3);
    const later = Array.from({ length: 30 }, (_, index) => ({
      partition: index % 3,
      value: JSON.stringify({ n: 10 + index }),
    }));
    await on.judge.send(scene.input, later);
    await scene.untilOut(40, 60_000);
    await invoker.owns([0, 1, 2]);
    expect((await invoker.report()).outOfRange).toEqual({ count: 0, skipped: 0 });
  });

  it('a topic created anew under an owner is read from its start, with a higher epoch, and counted', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
    const invoker = await scene.invoker();
    await on.judge.send(scene.input, numbers(30));
    await scene.untilOut(30);
    await invoker.until('it is committed', async () => {
      const [commit] = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
      return commit?.offset === 30;
    });
    const before = server.calls.at(-1)!.epoch;
    // With the topic its commit goes, and an epoch that no commit remembers is the time in seconds.
    await invoker.until('its second is over', () => Math.floor(Date.now() / 1000) > before);
    await on.judge.deleteTopic(scene.input);
    await on.judge.topic(1, {}, scene.input);
    await on.judge.send(scene.input, numbers(10, 100));
    await scene.untilOut(40, 60_000);
    expect(server.calls.at(-1)!.epoch).toBeGreaterThan(before);
    expect((await invoker.report()).outOfRange.count).toBeGreaterThan(0);
  });
});
