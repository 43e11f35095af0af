/** The broker that faults happen on: short sessions, so that lost owners are noticed soon, and a record of commits that is never compacted. */
import { type Broker, startBroker } from '../cluster/broker.ts';
import type { Ground } from './scene.ts';

const sessionTimeoutMs = 2_000;
const heartbeatIntervalMs = 200;

/** The sources of this checkout. */
export const ownRoot = new URL('../..', import.meta.url).pathname;

export async function startFaultyBroker(): Promise<Broker> {
  return await startBroker({ sessionTimeoutMs, heartbeatIntervalMs, properties: { 'log.cleaner.enable': 'false' } });
}

export function groundOn({ bootstrap }: Pick<Broker, 'bootstrap'>, root = ownRoot): Ground {
  return { bootstrap, root, sessionTimeoutMs, heartbeatIntervalMs };
}
