/** Logs whose offsets come near 2^53, where numbers stop being exact: read and committed as they are up to there; what lies beyond is refused with the reason, never renumbered (D1, D8). */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type BatchWish, rawBatch } from '#kafka/given-batches.ts';
import { type Broker, startBroker } from '../../../../../e2e/cluster/broker.ts';
import { position } from './scene.ts';
import { stage } from './stage.ts';

let broker: Broker | undefined;
const on = stage({
  broker: async () => {
    broker = await startBroker();
    return broker.bootstrap;
  },
});

/** Replaces a partition's log by these batches, while its broker is stopped. */
function rewriteLog(topic: string, partition: number, batches: readonly BatchWish[]): void {
  const folder = join(broker!.logDir, 'data', `${topic}-${partition}`);
  for (const name of readdirSync(folder)) if (/^\d{20}\./.test(name)) rmSync(join(folder, name));
  const first = String(batches[0]!.firstOffset).padStart(20, '0');
  writeFileSync(join(folder, `${first}.log`), Buffer.concat(batches.map(rawBatch)));
}

it('probe', async () => {
  on.after(async () => broker?.dispose());
  const server = await on.server();
  const scene = await on.scene({ partitions: 2, endpoints: [server.endpoint], positioned: false });
  await broker!.stop();
  const begin = 2 ** 53 - 20;
  const now = Date.now();
  const batch = (firstOffset: number | bigint, numbers: number[]): BatchWish => ({
    firstOffset,
    values: numbers.map((n) => JSON.stringify({ n })),
    timestampsMs: numbers.map(() => now),
  });
  rewriteLog(scene.input, 0, [batch(begin, [0, 1, 2]), batch(begin + 3, [3, 4])]);
  await broker!.start();
  await position(on.bootstrap, scene.contract.source.consumerGroup, scene.input, 2, begin);
  const invoker = await scene.invoker();
  await invoker.until('settled', async () => (await invoker.report()).recordsSettled === 5).catch(e => console.log(e.message));
  console.log(await on.judge.ends(scene.input));
  console.log(await invoker.report());
  console.log(await on.judge.committed(scene.contract.source.consumerGroup, scene.input));
  console.log(server.calls.map(c => [c.offsets, c.events.map(e => e.id)]));
  console.log(scene.output.records.map(r => r.headers));
});
