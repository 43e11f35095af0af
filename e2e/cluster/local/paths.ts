// Where things lie inside the node: its /var and /run are its own, so these are the same on every machine.
import { join } from 'node:path';
import { stateDir } from '../state.ts';

/** The node's own /var and /run, as the machine sees them. */
export const nodeDir = join(stateDir, 'node');

/** Inside the node. */
export const inside = {
  bin: '/var/lib/headrace/bin',
  pki: '/var/lib/headrace/pki',
  config: '/var/lib/headrace/config',
  network: '/var/lib/headrace/cni',
  volumes: '/var/lib/headrace/volumes',
  etcd: '/var/lib/etcd',
  containerd: '/var/lib/containerd',
  kubelet: '/var/lib/kubelet',
  log: '/var/log',
  runContainerd: '/run/containerd',
} as const;

/** The same file as the machine sees it. */
export function outside(path: string): string {
  return join(nodeDir, path);
}

export function program(name: string): string {
  return `${inside.bin}/${name}`;
}

export function pki(file: string): string {
  return `${inside.pki}/${file}`;
}

export function config(file: string): string {
  return `${inside.config}/${file}`;
}
