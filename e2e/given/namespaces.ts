// The namespaces of scenarios: how they are called, and their removal at the end of a run.
import type { Cluster } from '../cluster/cluster.ts';

export const namespacePrefix = 'e2e-';

/** Those of runs that broke off too. The cluster goes on with it by itself: graceful ends of pods take their time. */
export async function removeNamespaces(cluster: Cluster): Promise<void> {
  const { stdout } = await cluster.kubectl(['get', 'namespaces', '-o', 'name']);
  const ours = stdout.split('\n').filter((name) => name.startsWith(`namespace/${namespacePrefix}`));
  if (ours.length === 0) return;
  const { code, stderr } = await cluster.kubectl(['delete', '--ignore-not-found', '--wait=false', ...ours]);
  if (code !== 0) throw new Error(`namespaces of the scenarios could not be removed: ${stderr}`);
}
