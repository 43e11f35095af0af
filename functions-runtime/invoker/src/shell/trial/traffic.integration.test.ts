/** Traffic through a real invoker process, a real broker, and a function that writes down its calls: nothing lost, nothing swapped, nothing twice. */
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { KafkaJudge } from '../../../../../e2e/judge/kafka-judge.ts';
import { FunctionServer } from './function-server.ts';
import { Scene } from './scene.ts';

const bootstrap = inject('kafkaBootstrap');
let judge: KafkaJudge;
const open: { end?(): Promise<void>; stop?(): Promise<void> }[] = [];

beforeAll(async () => {
  judge = await KafkaJudge.start(bootstrap);
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await (each.end?.() ?? each.stop?.());
});
afterAll(() => judge.stop());

describe('traffic', () => {
  it('D1 D5 P1 P2 P3: flows in order, once, and its position is committed and released', async () => {
    const server = await new FunctionServer().start();
    const scene = await Scene.set(bootstrap, judge, { endpoints: [server.endpoint] });
    open.push(server, scene);
    const invoker = await scene.invoker();
    await scene.send(0, 1000);
    await scene.untilOut(1000);
    expect(scene.verdict(1000)).toEqual({ lost: [], repeated: 0, swapped: [] });
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 1000);
    expect(await invoker.report()).toMatchObject({
      membership: 'member',
      ownedPartitions: [0, 1, 2, 3],
      recordsIn: 1000,
      outputsWritten: 1000,
      openCalls: 0,
      bufferedBytes: 0,
      functionAvailable: true,
      outOfRange: { count: 0, skipped: 0 },
    });
    expect(await invoker.end()).toBe(0);
    const commits = await judge.committed(scene.contract.source.consumerGroup, scene.input);
    expect(commits.map(({ offset }) => offset)).toEqual([250, 250, 250, 250]);
    expect(commits.map(({ metadata }) => JSON.parse(metadata ?? '{}').r)).toEqual([1, 1, 1, 1]);
  });
});
