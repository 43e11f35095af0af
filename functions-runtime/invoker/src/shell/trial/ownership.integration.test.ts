/** Who may call and commit: stale owners are stopped by epochs, sessions and hosts; writes that fail stop the partition and skip nothing. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { echo, type FunctionServer, type SeenCall } from './function-server.ts';
import type { InvokerProcess } from './invoker-process.ts';
import { stage } from './stage.ts';

const on = stage();
const slowEcho = async (call: SeenCall) => {
  await pause(15);
  return echo(call);
};

/** Calls of an epoch after a call of a higher one of the same partition. */
function staleCalls(calls: readonly SeenCall[]): SeenCall[] {
  const highest = new Map<number, number>();
  return calls.filter(({ partition, epoch }) => {
    const before = highest.get(partition) ?? 0;
    highest.set(partition, Math.max(before, epoch));
    return epoch < before;
  });
}

describe('an owner whose session is over', () => {
  it('that was frozen past its session neither calls nor commits when it wakes; its partitions are owned by another, then shared again', async () => {
    const server = await on.server(slowEcho);
    const scene = await on.scene({ endpoints: [server.endpoint], invokers: 2 });
    const first = await scene.invoker(0);
    const second = await scene.invoker(1);
    const traffic = scene.sendSteadily(8, 20);
    await first.until('both own half', async () => {
      const reports = await Promise.all([first.report(), second.report()]);
      return reports.every(({ ownedPartitions }) => ownedPartitions.length === 2);
    });
    await scene.untilOut(200);
    first.signal('SIGSTOP');
    await second.owns([0, 1, 2, 3]);
    await scene.untilOut(scene.numbersOut().length + 200);
    first.signal('SIGCONT');
    await first.until('both own half again', async () => {
      const reports = await Promise.all([first.report(), second.report()]);
      return reports.every(({ ownedPartitions }) => ownedPartitions.length === 2);
    });
    const sent = await traffic.stop();
    await scene.untilOut(sent);
    const { lost, swapped } = scene.verdict(sent);
    expect({ lost, swapped }).toEqual({ lost: [], swapped: [] });
    expect(staleCalls(server.calls)).toEqual([]);
    expect(first.log.some(({ msg, how }) => msg === 'no longer owned' && how === 'session-expired')).toBe(true);
  });
});

describe('epochs', () => {
  it('a stale owner learns it from a host, stands down, joins anew with a higher epoch, and goes on', async () => {
    let refusals = 0;
    const server = await on.server((call) => {
      if (call.epoch > floor || floor === 0) return echo(call);
      refusals += 1;
      return { status: 409, headers: { 'headrace-refused': 'stale' } };
    });
    let floor = 0;
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], deadLetters: true });
    const invoker = await scene.invoker();
    await scene.send(0, 10);
    await scene.untilOut(10);
    await invoker.until('it is committed', async () => {
      const [commit] = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
      return commit?.offset === 10;
    });
    floor = server.calls.at(-1)!.epoch;
    await scene.send(10, 10);
    await scene.untilOut(20);
    expect(refusals).toBe(1);
    expect(scene.verdict(20)).toEqual({ lost: [], repeated: 0, swapped: [] });
    expect(server.calls.at(-1)!.epoch).toBeGreaterThan(floor);
    expect(scene.deadLetters!.records).toEqual([]);
    expect(await invoker.end()).toBe(0);
  });

  it('announces its epochs to every host before its first call', async () => {
    const servers = [await on.server(), await on.server()];
    const scene = await on.scene({ endpoints: servers.map(({ endpoint }) => endpoint) });
    await scene.invoker();
    await scene.send(0, 40);
    await scene.untilOut(40);
    const called = servers.flatMap(({ calls }) => calls);
    for (const server of servers) {
      const told = Object.assign({}, ...server.announced);
      expect(Object.keys(told)).toEqual(['0', '1', '2', '3']);
      for (const { partition, epoch } of called) expect(told[partition]).toBe(epoch);
    }
  });

  it('a plain container: after an unclean end the first call waits for the time of one call', async () => {
    const server = await on.server();
    const target = { name: 'f', serviceName: 'f', kind: 'Container', timeoutMs: 1000, concurrency: 8 } as const;
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], contract: { function: target } });
    let invoker = await scene.invoker();
    await scene.send(0, 10);
    await scene.untilOut(10);
    await invoker.kill();
    await scene.send(10, 10);
    invoker = await scene.invoker();
    await scene.untilOut(20);
    expect(firstCallAfterOwnedMs(invoker, server)).toBeGreaterThanOrEqual(1990);
    expect(server.announced).toEqual([]);
    await invoker.end();
    await scene.send(20, 10);
    invoker = await scene.invoker();
    await scene.untilOut(30);
    expect(firstCallAfterOwnedMs(invoker, server)).toBeLessThan(1900);
  });
});

function firstCallAfterOwnedMs({ log }: InvokerProcess, { calls }: FunctionServer): number {
  const owned = log.find(({ msg }) => msg === 'owned');
  const first = calls.find(({ epoch }) => epoch === owned?.epoch)!;
  return first.beganAtMs - Date.parse(String(owned?.time));
}

describe('writes that fail', () => {
  it('D4 P3: an output topic that is not there stops the partition; nothing is skipped or committed; it flows when the topic comes', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], outputTopic: 'absent' });
    const invoker = await scene.invoker();
    await scene.send(0, 30);
    await invoker.until('it says so', async () => (await invoker.report()).blocked.length === 1);
    expect((await invoker.report()).blocked[0]?.reason).toContain('UNKNOWN_TOPIC_OR_PARTITION');
    const [commit] = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
    expect(commit?.offset).toBe(0);
    await on.judge.topic(1, {}, scene.contract.output!.topic);
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 30);
    const reader = await on.judge.read(scene.contract.output!.topic);
    await invoker.until('all came out', () => reader.records.length === 30);
    expect(reader.records.map(({ value }) => JSON.parse(String(value)).n)).toEqual(
      Array.from({ length: 30 }, (_, n) => n),
    );
    expect((await invoker.report()).blocked).toEqual([]);
    await reader.stop();
  });
});
