// Headrace on a cluster, from its chart: used by the demo and by the scenarios alike.
import { resolve } from 'node:path';
import type { Cluster } from './cluster.ts';

export const headraceNamespace = 'headrace-system';
const chart = resolve(import.meta.dirname, '..', '..', 'charts', 'headrace');

/** Image references by component, as the images' builder names them. */
export type ImageRefs = Readonly<Record<'operator' | 'invoker' | 'scout' | 'hostNode26', string>>;

/** Installs or upgrades, and waits until the operator is available. Throws with helm's own words and the operator's pods. */
export async function installHeadrace(cluster: Cluster, images: ImageRefs): Promise<void> {
  const values = Object.entries(images).flatMap(([name, ref]) => ['--set-string', `images.${name}=${ref}`]);
  await restrictedNamespace(cluster, headraceNamespace);
  const { code, stdout, stderr } = await cluster.helm([
    ...['upgrade', '--install', 'headrace', chart, '--namespace', headraceNamespace, '--wait', '--timeout', '3m'],
    ...values,
  ]);
  if (code === 0) return;
  const pods = await cluster.kubectl(['-n', headraceNamespace, 'describe', 'pods']);
  throw new Error(`helm could not install Headrace: ${stderr || stdout}\n${pods.stdout.slice(-3000)}`);
}

/** A namespace that enforces the restricted pod security standard. */
export async function restrictedNamespace(cluster: Cluster, name: string): Promise<void> {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  };
  const { code, stderr } = await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(manifest));
  if (code !== 0) throw new Error(`namespace ${name} could not be made: ${stderr}`);
}

/** What the API server says to a pod that does not follow the restricted standard; null: it took it, which is wrong. */
export async function refusalOfPlainPod(cluster: Cluster, namespace: string, image: string): Promise<string | null> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'plain', namespace },
    spec: { containers: [{ name: 'plain', image }] },
  };
  const { code, stderr } = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod));
  return code === 0 ? null : stderr.trim();
}
