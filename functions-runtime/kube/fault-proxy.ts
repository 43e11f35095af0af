/** A TCP proxy for tests that cuts connections (reset) or lets them go dead without a word (half-open), and comes back. */
import { connect, createServer, type Socket } from 'node:net';

export interface FaultProxy {
  readonly port: number;
  /** How many connections it has accepted. */
  readonly accepted: number;
  /** Resets every connection; new ones are reset at once. */
  cut(): void;
  /** Connections stay open and carry nothing any more, for ever; so do new ones. */
  stall(): void;
  /** New connections pass again. What was stalled stays dead: nobody tells the peers. */
  heal(): void;
  close(): Promise<void>;
}

type Mode = 'passing' | 'cut' | 'stalled';

interface Pair {
  readonly near: Socket;
  readonly far: Socket | undefined;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** `at`: where it listens; by default any free port of 127.0.0.1. */
export async function startFaultProxy(
  target: Address,
  at: Address = { host: '127.0.0.1', port: 0 },
): Promise<FaultProxy> {
  let mode: Mode = 'passing';
  let accepted = 0;
  const pairs = new Set<Pair>();
  const add = (near: Socket, far: Socket | undefined): void => {
    const pair = { near, far };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      near.destroy();
      far?.destroy();
    };
    for (const socket of far === undefined ? [near] : [near, far]) socket.on('error', end).on('close', end);
  };
  const server = createServer((near) => {
    accepted += 1;
    switch (mode) {
      case 'cut':
        near.on('error', () => undefined).resetAndDestroy();
        return;
      case 'stalled':
        add(near.pause(), undefined);
        return;
      case 'passing': {
        const far = connect(target.port, target.host);
        add(near, far);
        near.pipe(far);
        far.pipe(near);
      }
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(at.port, at.host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no TCP port');
  const reset = (): void => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far?.destroy();
    }
  };
  return {
    port: address.port,
    get accepted() {
      return accepted;
    },
    cut() {
      mode = 'cut';
      reset();
    },
    stall() {
      mode = 'stalled';
      for (const { near, far } of pairs) {
        if (far === undefined) continue;
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
    },
    heal() {
      mode = 'passing';
    },
    async close() {
      reset();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
