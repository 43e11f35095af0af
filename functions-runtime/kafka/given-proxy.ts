/** Test support: a TCP proxy that a broker advertises as its address, so that every connection can be cut. */
import { createServer, type Socket, connect as tcpConnect } from 'node:net';
import { type Broker, type BrokerOptions, startBroker } from '../../e2e/cluster/broker.ts';

export interface CuttableBroker {
  /** The proxy's address; the broker names no other. */
  readonly bootstrap: string;
  readonly broker: Broker;
  /** Resets every open connection; how many there were. */
  cut(): number;
  dispose(): Promise<void>;
}

export async function startCuttableBroker(options: BrokerOptions = {}): Promise<CuttableBroker> {
  const open = new Set<Socket>();
  let target: { readonly host: string; readonly port: number } | undefined;
  const server = createServer((near) => {
    if (!target) {
      near.destroy();
      return;
    }
    const far = tcpConnect(target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  const advertised = { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}` };
  const broker = await startBroker({ ...options, properties: { ...options.properties, ...advertised } });
  const [host = '', brokerPort = ''] = broker.bootstrap.split(':');
  target = { host, port: Number(brokerPort) };
  const cut = () => {
    const count = open.size;
    for (const socket of open) socket.resetAndDestroy();
    return count;
  };
  return {
    bootstrap: `127.0.0.1:${port}`,
    broker,
    cut,
    async dispose() {
      await broker.dispose();
      cut();
      server.close();
    },
  };
}
