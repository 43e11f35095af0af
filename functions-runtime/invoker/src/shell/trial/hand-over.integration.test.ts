/** Hand-overs under load: what each kind of end of an invoker may repeat, and that none loses or swaps. */
import { describe, expect, it } from 'vitest';
import { echo, type SeenCall } from './function-server.ts';
import { stage } from './stage.ts';

const on = stage();
const slowEcho = async (call: SeenCall) => {
  await new Promise((resolve) => setTimeout(resolve, 15));
  return echo(call);
};

describe('an invoker ends under load', () => {
  it('D5: SIGTERM and restart, three times: nothing lost, nothing swapped, nothing twice', async () => {
    const server = await on.server(slowEcho);
    const scene = await on.scene({ endpoints: [server.endpoint] });
    let invoker = await scene.invoker();
    const traffic = scene.sendSteadily(20, 10);
    for (const count of [400, 900, 1400]) {
      await scene.untilOut(count);
      expect(await invoker.end()).toBe(0);
      invoker = await scene.invoker();
    }
    const sent = await traffic.stop();
    await scene.untilOut(sent);
    expect(scene.verdict(sent)).toEqual({ lost: [], repeated: 0, swapped: [] });
    expect(server.calls.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it('D1 D5: SIGKILL and restart: nothing lost or swapped; repeated at most the open calls and what was not yet committed', async () => {
    const server = await on.server(slowEcho);
    const scene = await on.scene({ endpoints: [server.endpoint], env: { HEADRACE_COMMIT_INTERVAL_MS: '100' } });
    let invoker = await scene.invoker();
    const traffic = scene.sendSteadily(20, 10);
    const kills = [400, 900, 1400];
    for (const count of kills) {
      await scene.untilOut(count);
      await invoker.kill();
      invoker = await scene.invoker();
    }
    const sent = await traffic.stop();
    await scene.untilOut(sent);
    const { lost, swapped, repeated } = scene.verdict(sent);
    expect({ lost, swapped }).toEqual({ lost: [], swapped: [] });
    // 2,000 records a second at most: 100 ms between commits, the commit itself, and one open call per partition.
    expect(repeated).toBeLessThan(kills.length * (2 * 200 + 4 * 20));
    const epochs = server.calls.filter(({ partition }) => partition === 0).map(({ epoch }) => epoch);
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    expect(new Set(epochs).size).toBe(kills.length + 1);
  });
});

describe('a call that does not end', () => {
  it('D1: is cut at the drain timeout; its records are neither settled nor lost, and the hand-over is not called clean', async () => {
    let hangs = true;
    const server = await on.server((call) => (hangs ? new Promise(() => undefined) : echo(call)));
    const target = { name: 'f', serviceName: 'f', kind: 'Host', timeoutMs: 60_000, concurrency: 8 } as const;
    const flow = { maxBufferedBytes: 16_000_000, maxResponseBytes: 4_000_000, drainTimeoutMs: 1_000 };
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], contract: { function: target, flow } });
    const invoker = await scene.invoker();
    await scene.send(0, 10);
    await invoker.until('it is called', () => server.calls.length === 1);
    const begin = performance.now();
    expect(await invoker.end()).toBe(0);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(990);
    const [commit] = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
    expect(commit).toMatchObject({ offset: 0, metadata: expect.stringContaining('"r":0') });
    hangs = false;
    const next = await scene.invoker();
    await scene.untilOut(10);
    expect(scene.verdict(10)).toEqual({ lost: [], repeated: 0, swapped: [] });
    expect(next.log.find(({ msg }) => msg === 'owned')).toMatchObject({ unclean: true });
  });
});
