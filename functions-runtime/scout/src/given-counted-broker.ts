// Test support: a broker behind a proxy that counts the requests of a client by their kind, as they are on the wire.
import { connect, createServer, type Socket } from 'node:net';
import { type Broker, type BrokerOptions, startBroker } from '../../../e2e/cluster/broker.ts';

/** Numbers of the protocol. */
export const apiNames: Readonly<Record<number, string>> = {
  1: 'Fetch',
  2: 'ListOffsets',
  3: 'Metadata',
  8: 'OffsetCommit',
  9: 'OffsetFetch',
  10: 'FindCoordinator',
  18: 'ApiVersions',
};

export interface CountedBroker {
  readonly bootstrap: string;
  readonly broker: Broker;
  /** Requests by kind since the last call. */
  counted(): Readonly<Record<string, number>>;
  /** Connections that are open now. */
  connections(): number;
  /** From now on no fetch is answered, on connections that stay open. */
  holdFetches(): void;
  dispose(): Promise<void>;
}

export async function startCountedBroker(options: BrokerOptions = {}): Promise<CountedBroker> {
  let counts: Record<string, number> = {};
  let target: { readonly host: string; readonly port: number } | undefined;
  const open = new Set<Socket>();
  /** Each connection that a fetch was seen on, to the broker. */
  const fetching = new Set<Socket>();
  let isHolding = false;
  const server = createServer((near) => {
    if (!target) {
      near.destroy();
      return;
    }
    const far = connect(target);
    // Held together packets would count as the scout's delay.
    near.setNoDelay(true);
    far.setNoDelay(true);
    open.add(near);
    near
      .on('error', () => {})
      .on('close', () => {
        open.delete(near);
        far.destroy();
      });
    far
      .on('error', () => {})
      .on('close', () => {
        fetching.delete(far);
        near.destroy();
      });
    const count = frameCounter((apiKey) => {
      const name = apiNames[apiKey] ?? String(apiKey);
      counts[name] = (counts[name] ?? 0) + 1;
      if (name !== 'Fetch') return;
      fetching.add(far);
      if (isHolding) far.unpipe(near);
    });
    near.on('data', (chunk: Buffer) => {
      count(chunk);
      far.write(chunk);
    });
    far.pipe(near);
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  const advertised = { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}` };
  const broker = await startBroker({ ...options, properties: { ...options.properties, ...advertised } });
  const [host = '', brokerPort = ''] = broker.bootstrap.split(':');
  target = { host, port: Number(brokerPort) };
  return {
    bootstrap: `127.0.0.1:${port}`,
    broker,
    counted() {
      const now = counts;
      counts = {};
      return now;
    },
    connections: () => open.size,
    holdFetches() {
      isHolding = true;
      for (const far of fetching) far.unpipe();
    },
    async dispose() {
      await broker.dispose();
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** Each request is a length (int32) and so many bytes, of which the first two are its kind. */
function frameCounter(onRequest: (apiKey: number) => void): (chunk: Buffer) => void {
  let held = Buffer.alloc(0);
  let skip = 0;
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      const skipped = Math.min(skip, held.length);
      held = held.subarray(skipped);
      skip -= skipped;
      if (skip > 0 || held.length < 6) return;
      onRequest(held.readInt16BE(4));
      skip = 4 + held.readInt32BE(0);
    }
  };
}
