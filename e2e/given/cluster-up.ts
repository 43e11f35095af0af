// What every scenario finds: the cluster with Kafka, Headrace's images on its nodes, Headrace installed from its chart.
import type { TestProject } from 'vitest/node';
import { clusterOf } from '../cluster/cluster.ts';
import { loadImages } from '../cluster/images.ts';
import { installHeadrace } from '../cluster/install.ts';
import { step } from '../cluster/progress.ts';
import type { ClusterRecord } from '../cluster/state.ts';
import { bringClusterUp } from '../cluster/up.ts';
import { openApiDoor } from './api-door.ts';
import { removeNamespaces } from './namespaces.ts';

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
