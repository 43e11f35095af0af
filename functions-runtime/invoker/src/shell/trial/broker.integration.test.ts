/** A broker that goes and comes under load: nothing lost, nothing swapped, and the work goes on by itself. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { givenSessionTimeout } from '#kafka/given-topics.ts';
import { type Broker, startBroker } from '../../../../../e2e/cluster/broker.ts';
import { echo } from './function-server.ts';
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
    // A busy machine needs its time to start a broker.
    const scene = await on.scene({ endpoints: [server.endpoint], env: { HEADRACE_SESSION_TIMEOUT_MS: '40000' } });
    await givenSessionTimeout(on.bootstrap, scene.contract.source.consumerGroup, 40_000);
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
    await broker.pause();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    broker.resume();
    await scene.send(200, 200);
    await scene.untilOut(400);
    expect(scene.verdict(400)).toEqual({ lost: [], repeated: 0, swapped: [] });
    expect(invoker.log.filter(({ msg }) => msg === 'owned').length).toBe(4);
  });

  it('P1 P3: away while an output waits and its partition is given up: the output is written once, by the next owner', async () => {
    const gate = Promise.withResolvers<void>();
    let held = 0;
    const server = await on.server(async (call) => {
      if (call.offsets === '1' && call.attempt === 1) {
        held += 1;
        await gate.promise;
      }
      return echo(call);
    });
    const flow = { maxBufferedBytes: 16_000_000, maxResponseBytes: 4_000_000, drainTimeoutMs: 1_000 };
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], contract: { flow } });
    const first = await scene.invoker();
    await scene.send(0, 1);
    await first.until('the first is committed', async () => {
      const [commit] = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
      return commit?.offset === 1;
    });
    await scene.send(1, 1);
    await first.until('the call is open', () => held === 1);
    await broker.stop();
    gate.resolve();
    first.signal('SIGTERM');
    await first.until('it has given the partition up', () => first.log.some(({ msg }) => msg === 'no longer owned'));
    // Its producer still has some seconds to write what waits.
    await broker.start();
    await first.exited();
    await scene.invoker();
    await scene.send(2, 20);
    await scene.untilOut(22);
    expect(scene.verdict(22)).toEqual({ lost: [], repeated: 0, swapped: [] });
  });

  it('away: an invoker that owns partitions, and one that never joined, end when they are told to', async () => {
    const server = await on.server();
    const scene = await on.scene({ endpoints: [server.endpoint], invokers: 2 });
    const owner = await scene.invoker(0);
    await scene.send(0, 40);
    await scene.untilOut(40);
    await broker.stop('SIGKILL');
    const stranger = await scene.invoker(1);
    await stranger.until('it goes on by itself', async () => (await stranger.report()).membership === 'joining');
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
