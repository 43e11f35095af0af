// The certificates and kubeconfig files of the local cluster: made once, kept as long as its state.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type Certified, kubeconfig, makeClusterPki } from '../pki.ts';
import { stateDir, writeWhole } from '../state.ts';
import { addresses, apiPort, nodeName } from './addresses.ts';
import { outside, pki } from './paths.ts';

/** The administrator's kubeconfig, for use from the machine. */
export const kubeconfigPath = join(stateDir, 'kubeconfig');

const server = `https://${addresses.node}:${apiPort}`;

export async function ensureCertificates(): Promise<void> {
  // It is written last: where it is, the others are complete.
  if (await exists(kubeconfigPath)) return;
  const made = await makeClusterPki({
    nodeName,
    nodeIp: addresses.node,
    apiServerIps: ['127.0.0.1', addresses.node, addresses.kubernetesService],
  });
  await writePair('ca', made.authority);
  await writePair('apiserver', made.apiServer);
  await writePair('apiserver-to-kubelet', made.apiServerToKubelet);
  await writePair('kubelet', made.kubelet);
  await write('service-account.key', made.serviceAccount.privatePem);
  await write('service-account.pub', made.serviceAccount.publicPem);
  const ca = made.authority.certPem;
  await write('controller-manager.kubeconfig', kubeconfig(server, ca, made.controllerManager));
  await write('scheduler.kubeconfig', kubeconfig(server, ca, made.scheduler));
  await write('proxy.kubeconfig', kubeconfig(server, ca, made.proxy));
  await write('kubelet.kubeconfig', kubeconfig(server, ca, made.kubelet));
  await writeWhole(kubeconfigPath, kubeconfig(server, ca, made.admin), 0o600);
}

async function writePair(name: string, { certPem, keyPem }: Certified): Promise<void> {
  await write(`${name}.crt`, certPem);
  await write(`${name}.key`, keyPem);
}

async function write(name: string, text: string): Promise<void> {
  await writeWhole(outside(pki(name)), text, 0o600);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
