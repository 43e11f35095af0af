/** Offsets near 2^53, where numbers stop being exact: up to there records are called and committed as any; what lies beyond waits with the reason, and is never taken for another offset (D1, D8). */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rawBatch } from '#kafka/given-batches.ts';
import { commitAny } from '#kafka/given-topics.ts';
import { type Broker, startBroker } from '../../../../../e2e/cluster/broker.ts';
import type { Scene } from './scene.ts';
import { stage } from './stage.ts';

let broker: Broker | undefined;
const on = stage({
  broker: async () => {
    broker = await startBroker();
    return broker.bootstrap;
  },
});

const limit = 2 ** 53;
const numbered = (n: number): string => JSON.stringify({ n });

/** Makes a partition begin at an offset, while its broker is stopped: its log is one batch of one record. */
function beginLogAt(topic: string, partition: number, firstOffset: bigint, n: number): void {
  const folder = join(broker!.logDir, 'data', `${topic}-${partition}`);
  for (const name of readdirSync(folder)) if (/^\d{20}\./.test(name)) rmSync(join(folder, name));
  const batch = rawBatch({ firstOffset, values: [numbered(n)], timestampsMs: [Date.now()] });
  writeFileSync(join(folder, `${String(firstOffset).padStart(20, '0')}.log`), batch);
}

/** One by one, so that each is a batch of its own. */
async function append(scene: Scene, partition: number, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n += 1) await on.judge.send(scene.input, [{ partition, value: numbered(n) }]);
}

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

it('D1 D8 D11: all below is called once, in order, and committed exactly; beyond, the partition waits; others go on', async () => {
  on.after(async () => broker?.dispose());
  const server = await on.server();
  const scene = await on.scene({ partitions: 4, endpoints: [server.endpoint], positioned: false });
  const { consumerGroup } = scene.contract.source;
  await broker!.stop();
  beginLogAt(scene.input, 0, BigInt(limit) - 12n, 0);
  beginLogAt(scene.input, 1, BigInt(limit) + 1n, 1_000);
  await broker!.start();
  await append(scene, 0, 1, 19);
  await append(scene, 2, 2_000, 5);
  await append(scene, 3, 3_000, 5);
  await commitAny(on.bootstrap, consumerGroup, scene.input, 0, BigInt(limit) - 12n);
  await commitAny(on.bootstrap, consumerGroup, scene.input, 2, 2n ** 63n - 1n);

  const callsOf = (partition: number) => server.calls.filter((call) => call.partition === partition);
  const seenIn = (partition: number): unknown[] =>
    callsOf(partition).flatMap(({ events }) => events.map(({ data }) => (data as { n: number }).n));
  const beyond = (partition: number, offset: number, reason: string) => ({
    ...{ partition, offset, cause: 'unreadable' },
    reason: expect.stringMatching(reason),
  });
  const waiting = [
    beyond(
      0,
      limit - 1,
      `^OFFSET_TOO_LARGE: .*-0, .* ends at offset ${limit - 1}; numbers are exact up to ${limit - 2}`,
    ),
    beyond(1, limit, `^OFFSET_TOO_LARGE: .*-1 begins beyond offset ${limit - 2}`),
  ];
  const blocked = async (invoker: Awaited<ReturnType<Scene['invoker']>>) =>
    (await invoker.report()).blocked.toSorted((a, b) => a.partition - b.partition);
  let invoker = await scene.invoker();
  await invoker.until('all that can be is settled', async () => (await invoker.report()).recordsSettled === 11 + 5 + 5);
  await invoker.until('both say so', async () => (await blocked(invoker)).length === 2);
  expect(await blocked(invoker)).toEqual(waiting);
  expect([0, 1, 2, 3].map(seenIn)).toEqual([numbers(0, 11), [], numbers(2_000, 5), numbers(3_000, 5)]);
  const ids = callsOf(0).flatMap(({ events }) => events.map(({ id }) => id));
  expect(ids).toEqual(numbers(0, 11).map((n) => `${scene.input}/0/${BigInt(limit) - 12n + BigInt(n)}`));
  // Where a commit above the end of the log, however far, is one out of range, and no more.
  expect((await invoker.report()).outOfRange).toEqual({ count: 1, skipped: 0 });
  expect(await invoker.end()).toBe(0);
  const offsets = (await on.judge.committed(consumerGroup, scene.input)).map(({ offset }) => offset);
  expect(offsets).toEqual([limit - 1, limit, 5, 5]);

  invoker = await scene.invoker();
  await append(scene, 3, 3_005, 5);
  await invoker.until('the others go on', async () => (await invoker.report()).recordsSettled === 5);
  await invoker.until('both say so again', async () => (await blocked(invoker)).length === 2);
  expect(await blocked(invoker)).toEqual(waiting);
  expect([0, 1, 2, 3].map(seenIn)).toEqual([numbers(0, 11), [], numbers(2_000, 5), numbers(3_000, 10)]);
  await scene.untilOut(26);
  expect(scene.output.records).toHaveLength(26);
});
