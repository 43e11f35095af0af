// What every scenario finds: the cluster with Kafka, Headrace's images on its nodes, Headrace installed from its chart.
import type { TestProject } from 'vitest/node';
import { clusterOf } from '../cluster/cluster.ts';
import { loadImages } from '../cluster/images.ts';
import { installHeadrace } from '../cluster/install.ts';
import { step } from '../cluster/progress.ts';
import type { ClusterRecord } from '../cluster/state.ts';
import { bringClusterUp } from '../cluster/up.ts';
import { openApiDoor } from './api-door.ts';
import { namespacePrefix } from './stage.ts';

export interface SystemUnderTest {
  readonly cluster: ClusterRecord;
  /** The Kubernetes API over plain HTTP on this machine, with the rights of the kubeconfig. */
  readonly apiUrl: string;
  readonly images: { readonly operator: string; readonly hostNode26: string };
}

declare module 'vitest' {
  export interface ProvidedContext {
    system: SystemUnderTest;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const record = await bringClusterUp();
  const cluster = clusterOf(record);
  const refs = await step('images', loadImages);
  const images = {
    operator: refs['headrace/operator'],
    invoker: refs['headrace/invoker'],
    scout: refs['headrace/scout'],
    hostNode26: refs['headrace/host-node26'],
  };
  await step('Headrace from its chart', () => installHeadrace(cluster, images));
  const door = await openApiDoor(record.kubeconfig);
  project.provide('system', { cluster: record, apiUrl: door.url, images });
  return async () => {
    await door.close();
    await removeNamespaces(cluster);
  };
}

/** Those of this run and of runs that broke off; the stages ask for it too, here it is waited for. */
async function removeNamespaces(cluster: ReturnType<typeof clusterOf>): Promise<void> {
  const { stdout } = await cluster.kubectl(['get', 'namespaces', '-o', 'name']);
  const ours = stdout.split('\n').filter((name) => name.startsWith(`namespace/${namespacePrefix}`));
  if (ours.length === 0) return;
  const { code, stderr } = await cluster.kubectl(['delete', '--ignore-not-found', '--timeout=90s', ...ours]);
  if (code !== 0) throw new Error(`namespaces of the scenarios could not be removed: ${stderr}`);
}
