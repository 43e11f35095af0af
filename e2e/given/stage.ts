// A scenario's own place: a namespace that enforces restricted pods, topics of its own, and what it says when it fails.
import { randomBytes } from 'node:crypto';
import { inject, test } from 'vitest';
import { type Cluster, clusterOf } from '../cluster/cluster.ts';
import { restrictedNamespace } from '../cluster/install.ts';
import { whatStands } from '../then/what-stands.ts';
import { type Kubernetes, kubernetesOf } from './kubernetes.ts';
import { namespacePrefix } from './namespaces.ts';
import { connectTopics, type TopicSettings, type Topics } from './topics.ts';

export interface Stage {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly kubernetes: Kubernetes;
  /** Another namespace: the operator's, Kafka's. */
  in(namespace: string): Kubernetes;
  readonly topics: Topics;
  /** For manifests. */
  readonly bootstrapInCluster: string;
  /** Makes topics with names of this namespace; the numbers are partitions. */
  made<Name extends string>(
    partitions: Readonly<Record<Name, number>>,
    settings?: TopicSettings,
  ): Promise<Readonly<Record<Name, string>>>;
  /** A figure worth keeping; shown with the result of the scenario. */
  figure(text: string): void;
}

interface Fixtures {
  readonly stage: Stage;
}

/** A test with a stage: what it left is removed afterwards, and what stood is shown when it failed. */
export const scenario = test.extend<Fixtures>({
  stage: async ({ task }, use) => {
    const { cluster: record, apiUrl } = inject('system');
    const cluster = clusterOf(record);
    const namespace = `${namespacePrefix}${wordOf(task.file.name)}-${randomBytes(3).toString('hex')}`;
    await restrictedNamespace(cluster, namespace);
    const topics = await connectTopics(record.kafkaBootstrap);
    const within = (name: string) => kubernetesOf(apiUrl, cluster.kubectl, name);
    const stage: Stage = {
      ...{ cluster, namespace, topics, in: within, kubernetes: within(namespace) },
      bootstrapInCluster: record.kafkaBootstrapInCluster,
      made: async (partitions, settings) => {
        const names = Object.keys(partitions) as (keyof typeof partitions)[];
        const topicOf = (name: string) => `${namespace}.${name}`;
        await topics.create(Object.fromEntries(names.map((name) => [topicOf(name), partitions[name]])), settings);
        return Object.fromEntries(names.map((name) => [name, topicOf(name)])) as never;
      },
      figure: (text) => console.info(`    ${text}`),
    };
    try {
      await use(stage);
      if (task.result?.state === 'fail') console.info(await whatStands(stage));
    } finally {
      await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found']);
      await topics.close();
    }
  },
});

/** `e2e/scenarios/invoker-killed.e2e.ts` → `invoker-killed`. */
const wordOf = (file: string): string => (/([a-z-]+)\.e2e\.ts$/.exec(file)?.[1] ?? 'scenario').slice(0, 40);
