// Kafka in the cluster: deployed from its manifest, ready when a client on this machine can talk to it.
import { Kafka, logLevel } from 'kafkajs';
import { mustKubectl } from './cluster.ts';
import { contentHash } from './images/content-hash.ts';
import { manifest } from './manifests.ts';
import { step } from './progress.ts';
import { versions } from './versions.ts';
import { until } from './waiting.ts';
import type { Ground } from './way.ts';

export const kafkaNamespace = 'kafka';
/** On every node, for clients outside the cluster. */
export const kafkaNodePort = 30094;
export const kafkaInCluster = 'kafka.kafka.svc.cluster.local:9092';
export const publicKafkaImage = `apache/kafka:${versions.kafka}`;

/** Deploys the broker and waits until it answers; gives its address for this machine. */
export async function ensureKafka({ kubeconfig, kafkaImage, nodeHost }: Ground): Promise<string> {
  const bootstrap = `${nodeHost}:${kafkaNodePort}`;
  await step('Kafka in the cluster', async () => {
    const values = {
      KAFKA_EXTERNAL: bootstrap,
      KAFKA_IMAGE: kafkaImage,
      KAFKA_NODE_PORT: String(kafkaNodePort),
    };
    const configuration = contentHash(await manifest('kafka.yaml', { ...values, CONFIGURATION: '' }));
    const text = await manifest('kafka.yaml', { ...values, CONFIGURATION: configuration });
    await mustKubectl(kubeconfig, ['apply', '--server-side', '--force-conflicts', '-f', '-'], text);
    const wait = ['rollout', 'status', 'statefulset/kafka', '--namespace', kafkaNamespace, '--timeout=300s'];
    await mustKubectl(kubeconfig, wait).catch(async (cause: unknown) => {
      throw new Error(`Kafka did not become ready\n${await whatPodsSay(kubeconfig)}`, { cause });
    });
    await untilItAnswers(bootstrap);
  });
  return bootstrap;
}

/** One broker, known by the address that it advertises to this machine. */
async function untilItAnswers(bootstrap: string): Promise<void> {
  const admin = new Kafka({
    clientId: 'headrace-up',
    brokers: [bootstrap],
    connectionTimeout: 2_000,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  }).admin();
  let reason = '';
  const answers = async () => {
    try {
      await admin.connect();
      const { brokers } = await admin.describeCluster();
      return brokers.length > 0 ? true : undefined;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  };
  try {
    await until(`Kafka answers at ${bootstrap}`, { atMostMs: 30_000, everyMs: 200 }, answers, () => reason);
  } finally {
    await admin.disconnect();
  }
}

async function whatPodsSay(kubeconfig: string): Promise<string> {
  const namespace = ['--namespace', kafkaNamespace];
  const parts = [
    ['get', 'pods,pvc', '-o', 'wide', ...namespace],
    ['get', 'events', '--sort-by=.lastTimestamp', ...namespace],
    ['logs', 'kafka-0', '--all-containers', '--tail=20', ...namespace],
  ];
  const texts = await Promise.all(parts.map((args) => mustKubectl(kubeconfig, args).catch(String)));
  return texts.join('\n');
}
