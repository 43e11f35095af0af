/** One measured run: a connector takes a topic's records to hosts until all are settled. */
import { setTimeout as pause } from 'node:timers/promises';
import { CpuWatch, memory } from './meter.ts';
import type { Binding, Connector, Host, Stage } from './stage.ts';

export type Which = 'invoker' | 'bare';
export const both: readonly Which[] = ['invoker', 'bare'];

export interface Drained {
  readonly perSecond: number;
  /** CPU of the connector process alone, and of connector, hosts and broker. */
  readonly cpuPerMillion: number;
  readonly allCpuPerMillion: number;
  readonly peakMb: number;
  /** Resident after the last record. */
  readonly afterMb: number;
  /** Cores that were busy with what is no part of the measurement. */
  readonly othersCores: number;
  /** Cores that everything measured used together. */
  readonly busyCores: number;
}

export interface DrainWish {
  readonly topic: string;
  readonly partitions: number;
  readonly count: number;
  readonly batch: number;
  readonly concurrency: number;
  readonly hosts: number;
  readonly code: string;
}

const lookEveryMs = 50;
const withinMs = 600_000;

/** Fresh processes, one drain. The rate counts from the first look at which something was settled to the last record. */
export async function drain(stage: Stage, which: Which, wish: DrainWish): Promise<Drained> {
  return withConnector(stage, which, wish, async (connector, hosts) => {
    const watch = new CpuWatch([connector.pid, stage.brokerPid, ...hosts.map(({ pid }) => pid)]);
    await connector.begin();
    const begin = await untilSettled(connector, 1);
    const end = await untilSettled(connector, wish.count);
    const { seconds, byPid, othersCores } = watch.read();
    const all = [...byPid.values()].reduce((sum, each) => sum + each, 0);
    const { peakMb, residentMb } = memory(connector.pid);
    return {
      perSecond: ((wish.count - begin.settled) * 1000) / (end.atMs - begin.atMs),
      cpuPerMillion: (byPid.get(connector.pid)! * 1e6) / wish.count,
      allCpuPerMillion: (all * 1e6) / wish.count,
      peakMb,
      afterMb: residentMb,
      othersCores,
      busyCores: all / seconds,
    };
  });
}

type Use<T> = (connector: Connector, hosts: readonly Host[]) => Promise<T>;

export async function withConnector<T>(
  stage: Stage,
  which: Which,
  wish: Omit<DrainWish, 'count'>,
  use: Use<T>,
): Promise<T> {
  const hosts = await Promise.all(Array.from({ length: wish.hosts }, () => stage.host(wish.code, wish.concurrency)));
  const binding: Binding = { ...wish, endpoints: hosts.map(({ endpoint }) => endpoint) };
  const connector = await (which === 'invoker' ? stage.invoker(binding) : stage.bareLoop(binding));
  try {
    return await use(connector, hosts);
  } finally {
    await connector.stop();
    await Promise.all(hosts.map((host) => host.stop()));
  }
}

export async function untilSettled(
  connector: Connector,
  count: number,
): Promise<{ readonly atMs: number; readonly settled: number }> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const { recordsSettled } = await connector.report();
    if (recordsSettled >= count) return { atMs: performance.now(), settled: recordsSettled };
    if (performance.now() > endMs) throw new Error(`${recordsSettled} of ${count} records within ${withinMs} ms`);
    await pause(lookEveryMs);
  }
}

/** Runs in turn (A B A B …), so that what happens to the machine meanwhile happens to both. */
export async function inTurn<T>(
  runs: number,
  run: (which: Which) => Promise<T>,
): Promise<Readonly<Record<Which, readonly T[]>>> {
  const found: Record<Which, T[]> = { invoker: [], bare: [] };
  for (let round = 0; round < runs; round += 1) {
    for (const which of both) found[which].push(await run(which));
  }
  return found;
}
