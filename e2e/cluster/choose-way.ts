// Which of the three ways to a cluster is gone: one that is given, kind on a Docker engine, one made on this machine.
import { given } from './given.ts';
import { kind } from './kind.ts';
import { local } from './local.ts';
import { readRecord } from './state.ts';
import type { ClusterWay } from './way.ts';

const ways: readonly ClusterWay[] = [given, kind, local];

/** The way of the cluster that is up, or else the first that this machine can go. */
export async function chooseWay(): Promise<ClusterWay> {
  const record = await readRecord();
  for (const way of ways) {
    // A kubeconfig that is given now is meant, whatever was up before.
    if (way.name === 'given' && (await way.applies())) return way;
    if (way.name === record?.way) return way;
  }
  for (const way of ways) if (await way.applies()) return way;
  return local;
}
