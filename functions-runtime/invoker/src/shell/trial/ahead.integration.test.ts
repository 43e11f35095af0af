/** A call goes ahead and waits at the host while all slots are taken: one, quick, of records that never failed, and only where a host keeps it. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { InvokerContract } from '#contract/invoker-contract.ts';
import { HostProcess } from '../../../../hosts/conformance/host-process.ts';
import { type Behaviour, echo } from './function-server.ts';
import { stage } from './stage.ts';

const on = stage();
const hostMain = new URL('../../../../hosts/node/main.ts', import.meta.url).pathname;
const records = 400;
const callMs = 40;

type Target = Partial<InvokerContract['function']>;
const oneSlot = (target: Target = {}): InvokerContract['function'] => ({
  ...{ name: 'f', serviceName: 'f', kind: 'Host', timeoutMs: 5_000, concurrency: 1 },
  ...target,
});

const slowEcho: Behaviour = async (call) => {
  await pause(callMs);
  return echo(call);
};

interface Arrival {
  readonly attempt: number;
  /** Other calls that ran then. */
  readonly others: number;
}

async function arrivals(target: Target, behaviour: Behaviour = slowEcho): Promise<Arrival[]> {
  const seen: Arrival[] = [];
  let inFlight = 0;
  const server = await on.server(async (call) => {
    seen.push({ attempt: call.attempt, others: inFlight });
    inFlight += 1;
    try {
      return await behaviour(call);
    } finally {
      inFlight -= 1;
    }
  });
  const scene = await on.scene({ endpoints: [server.endpoint], contract: { function: oneSlot(target) } });
  await scene.send(0, records);
  await scene.invoker();
  await scene.untilOut(records);
  expect(scene.verdict(records)).toEqual({ lost: [], repeated: 0, swapped: [] });
  return seen;
}

const othersOf = (seen: readonly Arrival[]): number[] => seen.map(({ others }) => others);

it('P1: one call waits while another runs, never two, and all stay in order', async () => {
  const others = othersOf(await arrivals({}));
  expect(Math.max(...others)).toBe(1);
  // All but the first, and the last of their partitions.
  expect(others.filter((count) => count === 1).length).toBeGreaterThan(others.length / 2);
});

it('a plain container never gets more calls than it declares', async () => {
  expect(Math.max(...othersOf(await arrivals({ kind: 'Container' })))).toBe(0);
});

it('a slow function gets none ahead: the way is nothing beside its time', async () => {
  expect(Math.max(...othersOf(await arrivals({ timeoutMs: 20 * callMs - 100 })))).toBe(0);
});

it('records that failed do not go ahead, and wait for a slot in their turn', async () => {
  let failures = 3;
  const seen = await arrivals({}, async (call) => {
    await pause(callMs);
    if (call.partition !== 0 || failures === 0) return echo(call);
    failures -= 1;
    return { status: 500, body: 'not yet' };
  });
  const again = othersOf(seen.filter(({ attempt }) => attempt > 1));
  expect(again.length).toBeGreaterThanOrEqual(3);
  expect(new Set(again)).toEqual(new Set([0]));
});

it('the wait at the host is not counted as time of the function', async () => {
  const code = `export default async (event) => { await new Promise((done) => setTimeout(done, ${callMs})); return event.data; };`;
  const host = await HostProcess.start(
    { language: 'node', command: process.execPath, args: [hostMain] },
    { function: 'f', concurrency: 1 },
    { 'index.mjs': code },
  );
  on.after(() => host.stop());
  const batch = { maxRecords: 1, maxBytes: 1_000_000, maxWaitMs: 0 };
  const scene = await on.scene({ endpoints: [`127.0.0.1:${host.port}`], contract: { function: oneSlot(), batch } });
  await scene.send(0, 100);
  const invoker = await scene.invoker();
  await scene.untilOut(100);
  const { busyMs, callsDone } = await invoker.report();
  // Were the wait counted, it would be twice the time of the function.
  expect(busyMs / callsDone).toBeGreaterThan(callMs * 0.9);
  expect(busyMs / callsDone).toBeLessThan(callMs * 1.7);
});
