/** A broker that goes and comes under load: nothing lost, nothing swapped, and the work goes on by itself. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Broker, startBroker } from '../../../../../e2e/cluster/broker.ts';
import { stage } from './stage.ts';

let broker: Broker;
const on = stage({
  broker: async () => {
    broker = await startBroker();
    return broker.bootstrap;
  },
});
afterAll(() => broker.dispose());

describe('a broker', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('D1 D8 P3: ended by %s and started again', async (signal) => {
    const server = await on.server();
    const scene = await on.scene({ endpoints: [server.endpoint] });
    const invoker = await scene.invoker();
    await scene.send(0, 400);
    await scene.untilOut(400);
    await broker.stop(signal);
    await broker.start();
    await scene.send(400, 400);
    await scene.untilOut(800, 60_000);
    const { lost, swapped, repeated } = scene.verdict(800);
    expect({ lost, swapped }).toEqual({ lost: [], swapped: [] });
    expect(repeated, invoker.lastWords()).toBeLessThanOrEqual(400);
    await vi.waitFor(async () => {
      const commits = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
      expect(commits.map(({ offset }) => offset)).toEqual(await on.judge.ends(scene.input));
    }, 20_000);
    expect(await invoker.end()).toBe(0);
  });

  it('frozen for less than a session: the same epochs go on', async () => {
    const server = await on.server();
    const scene = await on.scene({ endpoints: [server.endpoint] });
    const invoker = await scene.invoker();
    await scene.send(0, 200);
    await scene.untilOut(200);
    broker.pause();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    broker.resume();
    await scene.send(200, 200);
    await scene.untilOut(400);
    expect(scene.verdict(400)).toEqual({ lost: [], repeated: 0, swapped: [] });
    expect(invoker.log.filter(({ msg }) => msg === 'owned').length).toBe(4);
  });

  it('away: an invoker that owns partitions, and one that never joined, end when they are told to', async () => {
    const server = await on.server();
    const scene = await on.scene({ endpoints: [server.endpoint], invokers: 2 });
    const owner = await scene.invoker(0);
    await scene.send(0, 40);
    await scene.untilOut(40);
    await broker.stop('SIGKILL');
    const stranger = await scene.invoker(1);
    const begin = performance.now();
    const codes = await Promise.all([owner.end(), stranger.end()]);
    expect(performance.now() - begin).toBeLessThan(scene.contract.flow.drainTimeoutMs + 10_000);
    expect(codes[1]).toBe(0);
    await broker.start();
    await scene.send(40, 40);
    await scene.invoker(0);
    await scene.untilOut(80);
    const { lost, swapped } = scene.verdict(80);
    expect({ lost, swapped }).toEqual({ lost: [], swapped: [] });
  });
});
