/** Traffic through a real invoker process, a real broker and real functions: nothing lost, nothing swapped, nothing twice. */
import { describe, expect, it } from 'vitest';
import { originHeaders } from '#contract/outgoing.ts';
import { HostProcess } from '../../../../hosts/conformance/host-process.ts';
import { stage } from './stage.ts';

const on = stage();
const hostMain = new URL('../../../../hosts/node/main.ts', import.meta.url).pathname;

describe('traffic', () => {
  it('D1 D5 P1 P2 P3: flows in order, once, and its position is committed and released', async () => {
    const server = await on.server();
    const scene = await on.scene({ endpoints: [server.endpoint] });
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
    const commits = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
    expect(commits.map(({ offset }) => offset)).toEqual([250, 250, 250, 250]);
    expect(commits.map(({ metadata }) => JSON.parse(metadata ?? '{}').r)).toEqual([1, 1, 1, 1]);
  });

  it('P1: never two calls of one partition at a time, and each call goes on where the last one ended', async () => {
    const server = await on.server();
    const scene = await on.scene({ endpoints: [server.endpoint] });
    await scene.invoker();
    const traffic = scene.sendSteadily(40, 10);
    await scene.untilOut(800);
    const sent = await traffic.stop();
    await scene.untilOut(sent);
    for (let partition = 0; partition < 4; partition += 1) {
      const calls = server.calls.filter((call) => call.partition === partition);
      const offsets = calls.flatMap(({ events }) => events.map(({ id }) => Number(id.split('/')[2])));
      expect(offsets).toEqual(offsets.map((_, index) => index));
      for (const [index, { beganAtMs }] of calls.entries()) {
        expect(beganAtMs).toBeGreaterThanOrEqual(calls[index - 1]?.endedAtMs ?? 0);
      }
    }
  });

  it('through real Node hosts: each partition meets one pod, none more than its share, and all flows on when one dies', async () => {
    const code = 'export default (event) => ({ ...event.data, pod: process.pid });';
    const host = { language: 'node', command: process.execPath, args: [hostMain] };
    const hosts = await Promise.all(
      [0, 1].map(() => HostProcess.start(host, { function: 'f', concurrency: 8 }, { 'index.mjs': code })),
    );
    for (const each of hosts) on.after(() => each.stop());
    const scene = await on.scene({ partitions: 8, endpoints: hosts.map(({ port }) => `127.0.0.1:${port}`) });
    await scene.invoker();
    await scene.send(0, 800);
    await scene.untilOut(800);
    const podsOf = (from: number): Map<number, Set<number>> => {
      const pods = new Map<number, Set<number>>();
      for (const { headers, value } of scene.output.records) {
        const partition = Number(headers[originHeaders.partition]);
        const { n, pod } = JSON.parse(String(value)) as { n: number; pod: number };
        if (n >= from) pods.set(partition, (pods.get(partition) ?? new Set()).add(pod));
      }
      return pods;
    };
    const pods = [...podsOf(0).values()].map((set) => [...set]);
    expect(pods.map(({ length }) => length)).toEqual(pods.map(() => 1));
    const shares = [...Map.groupBy(pods.flat(), (pod) => pod).values()].map(({ length }) => length);
    expect(shares).toEqual([4, 4]);
    hosts[0]!.signal('SIGKILL');
    await scene.send(800, 800);
    await scene.untilOut(1600);
    expect(scene.verdict(1600)).toMatchObject({ lost: [], swapped: [] });
    expect(new Set([...podsOf(800).values()].flatMap((set) => [...set])).size).toBe(1);
  });
});

describe('bounds', () => {
  it('D9: a slow function bounds what is held, however much is waiting', async () => {
    const server = await on.server(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { status: 204 };
    });
    const flow = { maxBufferedBytes: 2_000_000, maxResponseBytes: 1_000_000, drainTimeoutMs: 8_000 };
    const scene = await on.scene({ endpoints: [server.endpoint], contract: { flow } });
    const value = JSON.stringify('x'.repeat(10_000));
    for (let round = 0; round < 20; round += 1) {
      await on.judge.send(
        scene.input,
        Array.from({ length: 100 }, (_, index) => ({ partition: index % 4, value })),
      );
    }
    const invoker = await scene.invoker();
    let most = 0;
    await invoker.until('all is settled', async () => {
      const { bufferedBytes, recordsSettled } = await invoker.report();
      most = Math.max(most, bufferedBytes);
      return recordsSettled === 2000;
    });
    expect(most).toBeGreaterThan(500_000);
    expect(most).toBeLessThanOrEqual(2_000_000);
  });
});
