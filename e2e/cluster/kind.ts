// The way of a machine with a Docker engine: a cluster in a container, made by kind (https://kind.sigs.k8s.io).
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { must, onPath, run } from './commands.ts';
import { kafkaNodePort, publicKafkaImage } from './kafka.ts';
import { step } from './progress.ts';
import { stateDir } from './state.ts';
import type { ClusterWay } from './way.ts';

const name = 'headrace';
const kubeconfig = join(stateDir, 'kind-kubeconfig');
const createTimeoutMs = 10 * 60_000;

/** The broker's node port appears at the same port of this machine. */
export const kindConfig = JSON.stringify({
  apiVersion: 'kind.x-k8s.io/v1alpha4',
  kind: 'Cluster',
  nodes: [
    {
      role: 'control-plane',
      extraPortMappings: [{ containerPort: kafkaNodePort, hostPort: kafkaNodePort, listenAddress: '127.0.0.1' }],
    },
  ],
});

export const kind: ClusterWay = {
  name: 'kind',
  applies: async () => (await isKindItself()) && (await run('docker', ['info'])).code === 0,
  async up() {
    if (!(await exists())) {
      const args = ['create', 'cluster', '--name', name, '--kubeconfig', kubeconfig, '--wait', '5m', '--config', '-'];
      await step('making a kind cluster', () => must('kind', args, { stdin: kindConfig, timeoutMs: createTimeoutMs }));
    } else {
      // Docker stops its containers with the machine, and does not start kind's again.
      await must('docker', ['start', `${name}-control-plane`]);
      await must('kind', ['export', 'kubeconfig', '--name', name, '--kubeconfig', kubeconfig]);
    }
    return { kubeconfig, kafkaImage: publicKafkaImage, nodeHost: '127.0.0.1' };
  },
  async down() {
    if ((await isKindItself()) && (await exists())) {
      await must('kind', ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig], { timeoutMs: 120_000 });
    }
    await rm(kubeconfig, { force: true });
  },
  async loadImages(archives) {
    for (const archive of archives) {
      await must('kind', ['load', 'image-archive', archive, '--name', name], { timeoutMs: 300_000 });
    }
  },
  status: async () => [`kind cluster ${name}: ${(await exists()) ? 'exists' : 'does not exist'}`],
};

/** The npm registry has an unrelated program of this name. */
async function isKindItself(): Promise<boolean> {
  if (!(await onPath('kind')) || !(await onPath('docker'))) return false;
  return /^kind v\d/.test((await run('kind', ['version'])).stdout);
}

async function exists(): Promise<boolean> {
  return (await must('kind', ['get', 'clusters'])).split('\n').includes(name);
}
