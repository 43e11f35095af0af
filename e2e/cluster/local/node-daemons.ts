// containerd, the kubelet and kube-proxy: their files written into the node, and the command lines that use them.
import { createHash } from 'node:crypto';
import { writeWhole } from '../state.ts';
import { addresses, nodeName } from './addresses.ts';
import type { Daemon } from './daemons.ts';
import { containerdConfig, kubeletConfig, networkConfig, proxyConfig, resolvConf } from './node-config.ts';
import { config, inside, outside, pki, program } from './paths.ts';

/** Of the Debian package. */
const containerdPath = '/usr/bin/containerd';

export interface NodeDaemons {
  readonly containerd: Daemon;
  readonly kubelet: Daemon;
  readonly proxy: Daemon;
}

/** Writes the configuration; a changed one has another file name, which restarts the daemon that uses it. */
export async function prepareNodeDaemons(pauseImage: string): Promise<NodeDaemons> {
  const containerdFile = await written('containerd', 'toml', containerdConfig(pauseImage));
  const kubeletFile = await written('kubelet', 'json', kubeletConfig());
  const proxyFile = await written('kube-proxy', 'json', proxyConfig());
  await writeWhole(outside(`${inside.network}/10-headrace.conflist`), networkConfig());
  await writeWhole(outside(config('resolv.conf')), resolvConf);
  return {
    containerd: { name: 'containerd', argv: [containerdPath, '--config', containerdFile] },
    kubelet: {
      name: 'kubelet',
      argv: [
        program('kubelet'),
        `--config=${kubeletFile}`,
        `--kubeconfig=${pki('kubelet.kubeconfig')}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${addresses.node}`,
        `--root-dir=${inside.kubelet}`,
      ],
    },
    proxy: {
      name: 'kube-proxy',
      argv: [program('kube-proxy'), `--config=${proxyFile}`, `--hostname-override=${nodeName}`],
    },
  };
}

/** The programs alone, to find their processes. */
export const nodePrograms: readonly Daemon[] = [
  { name: 'containerd', argv: [containerdPath] },
  { name: 'kubelet', argv: [program('kubelet')] },
  { name: 'kube-proxy', argv: [program('kube-proxy')] },
];

async function written(name: string, suffix: string, text: string): Promise<string> {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const path = config(`${name}-${hash}.${suffix}`);
  await writeWhole(outside(path), text);
  return path;
}
