// The way without anything: a node of our own on this Linux machine, as root, from Debian packages and Go modules.
import { rm } from 'node:fs/promises';
import { bringUp } from './local/bring-up.ts';
import { importImages } from './local/images.ts';
import { findNode } from './local/node.ts';
import { removeNodes } from './local/removal.ts';
import { localStatus } from './local/status.ts';
import { Missing, step } from './progress.ts';
import { stateDir } from './state.ts';
import type { ClusterWay } from './way.ts';

export const local: ClusterWay = {
  name: 'local',
  applies: async () => isLinuxRoot(),
  async up() {
    if (!isLinuxRoot()) {
      const act =
        'start a Docker engine and install kind (https://kind.sigs.k8s.io), or set HEADRACE_KUBECONFIG to a cluster, or be root on Linux';
      throw new Missing('this machine has no way to a cluster', act);
    }
    return bringUp();
  },
  async down() {
    if (!isLinuxRoot()) return;
    const ended = await step('ending the local cluster', removeNodes);
    for (const dir of new Set([...ended.map((node) => node.stateDir), stateDir])) {
      await rm(dir, { recursive: true, force: true });
    }
  },
  async loadImages(archives) {
    const node = findNode();
    if (!node) throw new Missing('the local cluster is not up', 'make up');
    await importImages(node, archives);
  },
  status: localStatus,
};

function isLinuxRoot(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}
