/** Placement under load: partitions move to the invokers that are placed, soon, and wait for one that only restarts. */
import { expect, it } from 'vitest';
import { givenSessionTimeout } from '#kafka/given-topics.ts';
import { echo, type SeenCall } from './function-server.ts';
import { stage } from './stage.ts';

const on = stage();
const slowEcho = async (call: SeenCall) => {
  await new Promise((resolve) => setTimeout(resolve, 15));
  return echo(call);
};

it('D5: 1, 2, 1 invokers under load: partitions move and come back, nothing lost, swapped or twice', async () => {
  const server = await on.server(slowEcho);
  const scene = await on.scene({ endpoints: [server.endpoint] });
  const first = await scene.invoker(0);
  const second = await scene.invoker(1);
  expect(await second.report()).toMatchObject({ membership: 'left', ownedPartitions: [] });
  await first.owns([0, 1, 2, 3]);
  const traffic = scene.sendSteadily(20, 10);
  await scene.untilOut(300);
  scene.place(2);
  await second.until('both own half', async () => {
    const owned = await Promise.all([first.report(), second.report()]);
    return owned.every(({ ownedPartitions }) => ownedPartitions.length === 2);
  });
  await scene.untilOut(scene.numbersOut().length + 300);
  scene.place(1);
  await second.until('it left', async () => (await second.report()).membership === 'left');
  const leftAtMs = performance.now();
  await first.owns([0, 1, 2, 3]);
  expect(performance.now() - leftAtMs).toBeLessThan(1000);
  const sent = await traffic.stop();
  await scene.untilOut(sent);
  expect(scene.verdict(sent)).toEqual({ lost: [], repeated: 0, swapped: [] });
  expect((await second.report()).recordsIn).toBeGreaterThan(0);
  scene.place(2);
  await second.until('it is back', async () => (await second.report()).ownedPartitions.length === 2);
});

it('SIGTERM of a placed invoker leaves its partitions waiting for its return: nobody else moves', async () => {
  const server = await on.server();
  const env = { HEADRACE_SESSION_TIMEOUT_MS: '40000' };
  const scene = await on.scene({ endpoints: [server.endpoint], invokers: 2, env });
  // A busy machine needs its time to start a process.
  await givenSessionTimeout(on.bootstrap, scene.contract.source.consumerGroup, 40_000);
  const first = await scene.invoker(0);
  let second = await scene.invoker(1);
  const both = async (): Promise<boolean> => {
    const [a, b] = await Promise.all([first.report(), second.report()]);
    return a.ownedPartitions.length === 2 && b.ownedPartitions.length === 2;
  };
  await first.until('both own half', both);
  const { ownedPartitions } = await first.report();
  const takeOvers = (): number => first.log.filter(({ msg }) => msg === 'owned').length;
  const before = takeOvers();
  await second.end();
  second = await scene.invoker(1);
  await second.until('both own half again', both);
  expect((await first.report()).ownedPartitions).toEqual(ownedPartitions);
  expect(takeOvers()).toBe(before);
});
