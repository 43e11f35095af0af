// What runs of the local cluster, part by part.
import { apiServer, controllerManager, etcd, scheduler } from './control-plane.ts';
import { type Daemon, findDaemon } from './daemons.ts';
import { findNode } from './node.ts';
import { nodePrograms } from './node-daemons.ts';
import { nodeDir } from './paths.ts';

export async function localStatus(): Promise<string[]> {
  const node = findNode();
  if (!node) return ['node: does not run'];
  const named = [etcd(), apiServer(), controllerManager(), scheduler(), ...nodePrograms];
  const line = (daemon: Daemon) => {
    const [found] = findDaemon(node, daemon);
    return `${daemon.name}: ${found ? `process ${found.pid}` : 'has ended'}`;
  };
  return [`node: process ${node.pid}, files in ${nodeDir}`, ...named.map(line)];
}
