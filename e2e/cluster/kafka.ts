// Kafka in the cluster: deployed from its manifest, ready when a client on this machine can talk to it.
import { Kafka, logLevel } from 'kafkajs';
import { mustKubectl } from './cluster.ts';
import { stampedManifest } from './manifests.ts';
import { step } from './progress.ts';
import { untilRolledOut } from './rollout.ts';
import { versions } from './versions.ts';
import { until } from './waiting.ts';
import type { Ground } from './way.ts';

export const kafkaNamespace = 'kafka';
/** On every node, for clients outside the cluster. */
export const kafkaNodePort = 30094;
export const kafkaInCluster = 'kafka.kafka.svc.cluster.local:9092';
export const publicKafkaImage = `apache/kafka:${versions.kafka}`;

const workload = {
  namespace: kafkaNamespace,
  name: 'statefulset/kafka',
  selector: 'app.kubernetes.io/name=kafka',
};

/** Deploys the broker and waits until it answers; gives its address for this machine. */
export async function ensureKafka({ kubeconfig, kafkaImage, nodeHost }: Ground): Promise<string> {
  const bootstrap = `${nodeHost}:${kafkaNodePort}`;
  await step('Kafka in the cluster', async () => {
    const values = {
      KAFKA_EXTERNAL: bootstrap,
      KAFKA_IMAGE: kafkaImage,
      KAFKA_NODE_PORT: String(kafkaNodePort),
    };
    const text = await stampedManifest('kafka.yaml', values);
    await mustKubectl(kubeconfig, ['apply', '--server-side', '--force-conflicts', '-f', '-'], text);
    await untilRolledOut(kubeconfig, workload, 180_000);
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
