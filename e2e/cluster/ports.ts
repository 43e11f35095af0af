// Free TCP ports on 127.0.0.1, and whether something listens on one.
import { connect, createServer } from 'node:net';

// Below the range from which systems take outgoing ports (Linux: from 32768), so that a stopped server finds its own
// port free when it starts again.
const lowest = 20_000;
const highest = 32_000;
const attemptsPerPort = 50;

const handedOut = new Set<number>();

/** As many different free ports on 127.0.0.1. Another process may take one before it is used: be ready to try again. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 0; ports.length < count; attempt += 1) {
    if (attempt > count * attemptsPerPort) throw new Error(`no free port on ${host} between ${lowest} and ${highest}`);
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (handedOut.has(port) || !(await canListen(port, host))) continue;
    handedOut.add(port);
    ports.push(port);
  }
  return ports;
}

/** Whether a connection to the port is accepted within `withinMs`. */
export function isListening(port: number, host = '127.0.0.1', withinMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const answer = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(withinMs, () => answer(false));
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
