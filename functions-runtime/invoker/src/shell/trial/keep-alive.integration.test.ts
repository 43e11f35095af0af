/** A host that closes idle sockets while calls come: none meets a socket that is being closed, so no attempt is lost to it. */
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { callHeaders } from '#contract/call.ts';
import { endAsKilled, listen } from './listening.ts';
import { stage } from './stage.ts';

const on = stage();

interface IdleHost {
  readonly endpoint: string;
  readonly attempts: readonly string[];
  readonly sockets: number;
  /** Calls that came on a socket that the host had just given up. */
  readonly raced: number;
}

/**
 * The race itself cannot be timed, so it is made: a call on a socket that was idle for longer than `patienceMs` finds it closed, as if the host's
 * end of the connection had been on its way. `tells`: whether the host says how long it keeps sockets.
 */
async function idleHost(patienceMs: number, tells: boolean): Promise<IdleHost> {
  const attempts: string[] = [];
  const idleSince = new WeakMap<Socket, number>();
  let [sockets, raced] = [0, 0];
  const server: Server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const { socket } = request;
    const since = idleSince.get(socket);
    if (since !== undefined && performance.now() - since > patienceMs) {
      raced += 1;
      socket.destroy();
      return;
    }
    await request.toArray();
    if (request.headers[callHeaders.attempt] === undefined) {
      response.writeHead(404).end();
      return;
    }
    attempts.push(String(request.headers[callHeaders.attempt]));
    const hint = tells ? { 'keep-alive': `timeout=${Math.floor(patienceMs / 1000)}` } : {};
    response.writeHead(204, { connection: 'keep-alive', ...hint }).end();
    response.once('close', () => idleSince.set(socket, performance.now()));
  });
  server.on('connection', () => {
    sockets += 1;
  });
  const endpoint = await listen(server);
  on.after(() => endAsKilled(server));
  return {
    endpoint,
    attempts,
    get sockets() {
      return sockets;
    },
    get raced() {
      return raced;
    },
  };
}

const container = {
  function: { name: 'f', serviceName: 'f', kind: 'Container', timeoutMs: 5_000, concurrency: 8 },
  batch: { maxRecords: 1, maxBytes: 1_000_000, maxWaitMs: 0 },
} as const;

it.each([
  // A little above the 4 s for which an invoker keeps sockets.
  { patienceMs: 4_300, tells: false, gapsMs: [3_600, 3_900, 4_050, 4_200, 4_400, 4_700, 5_200] },
  // Below it, but the host says so, as Node's servers do.
  { patienceMs: 2_000, tells: true, gapsMs: [500, 1_100, 1_900, 2_100, 2_500, 3_500] },
])(
  'sockets that a host gives up after $patienceMs ms of idleness (it tells: $tells) cost no attempt',
  async (given) => {
    const host = await idleHost(given.patienceMs, given.tells);
    const scene = await on.scene({ partitions: 8, endpoints: [host.endpoint], contract: container });
    const invoker = await scene.invoker();
    let sent = 0;
    const send = async (count: number): Promise<void> => {
      await scene.send(sent, count);
      sent += count;
    };
    // Eight at once open eight sockets; then some rest while others go on, each for another while.
    await send(64);
    for (const gapMs of given.gapsMs) {
      const until = performance.now() + gapMs;
      while (performance.now() < until - 300) {
        await send(1);
        await pause(200);
      }
      await pause(until - performance.now());
      await send(16);
    }
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === sent, 30_000);
    expect({ raced: host.raced, attempts: new Set(host.attempts) }).toEqual({ raced: 0, attempts: new Set(['1']) });
    expect(host.attempts).toHaveLength(sent);
    // The sockets were really given up and made anew, or nothing was tried.
    expect(host.sockets).toBeGreaterThan(16);
    const metrics = await (await fetch(`http://127.0.0.1:${invoker.port}/metrics`)).text();
    expect(metrics).not.toContain('kind="attempt-failed"');
  },
);
