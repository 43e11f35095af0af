/** Test support: an HTTP server of a test on an address of this machine, and its end as that of a killed pod. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Resolves to `host:port` when it listens. `port` 0: a free one. */
export async function listen(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Connections break, nobody listens. */
export async function endAsKilled(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
