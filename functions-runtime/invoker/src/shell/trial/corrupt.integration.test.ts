/** A bit that flipped on the broker's disk: its partition stops before it and says so, nothing is passed, others go on; mended, it goes on (D1, D8). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../../../e2e/cluster/broker.ts';
import { stage } from './stage.ts';

let broker: Broker | undefined;
const on = stage({
  broker: async () => {
    broker = await startBroker();
    return broker.bootstrap;
  },
});

it('D1 D8: batches with a wrong checksum are neither passed nor guessed at', async () => {
  on.after(async () => broker?.dispose());
  const server = await on.server();
  const scene = await on.scene({ partitions: 2, endpoints: [server.endpoint] });
  for (let n = 0; n < 12; n += 4) await scene.send(n, 4);
  await broker!.stop();
  const log = join(broker!.logDir, 'data', `${scene.input}-0`, '00000000000000000000.log');
  const flip = (text: Buffer): void => {
    const bytes = readFileSync(log);
    const at = bytes.indexOf(text);
    expect(at).toBeGreaterThan(0);
    bytes[at]! ^= 0b1000_0000;
    writeFileSync(log, bytes);
  };
  const value = Buffer.from('{"n":4}');
  flip(value);
  await broker!.start();
  const invoker = await scene.invoker();
  await invoker.until('it says so', async () => (await invoker.report()).blocked.length === 1);
  expect((await invoker.report()).blocked).toEqual([
    { partition: 0, offset: 2, cause: 'unreadable', reason: expect.stringContaining('CORRUPT_BATCH') },
  ]);
  await invoker.until('the rest is settled', async () => (await invoker.report()).recordsSettled === 2 + 6);
  const committed = async (): Promise<string> =>
    (await on.judge.committed(scene.contract.source.consumerGroup, scene.input)).map(({ offset }) => offset).join();
  await invoker.until('the rest is committed', async () => (await committed()) === '2,6');

  await broker!.stop();
  flip(Buffer.from([value[0]! ^ 0b1000_0000, ...value.subarray(1)]));
  await broker!.start();
  await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 12, 60_000);
  // The reader of the outputs, too, has to get over the broker's restarts.
  await scene.untilOut(12, 60_000);
  expect(scene.verdict(12)).toMatchObject({ lost: [], swapped: [] });
  expect((await invoker.report()).blocked).toEqual([]);
});
