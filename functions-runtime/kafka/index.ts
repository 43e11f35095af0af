/** The doors of the Kafka room. */
import { connectCluster, WireCluster } from './cluster.ts';
import { WireFetcher } from './fetcher.ts';
import type { KafkaCluster, KafkaRoom } from './ports.ts';
import { WireProducer } from './producer.ts';

export type * from './ports.ts';

export const kafkaRoom: Omit<KafkaRoom, 'join'> = {
  connect: (bootstrapServers, clientId) => connectCluster(bootstrapServers, clientId),
  fetcher: (cluster, options, handlers) => new WireFetcher(ours(cluster), options, handlers),
  producer: (cluster) => new WireProducer(ours(cluster)),
};

function ours(cluster: KafkaCluster): WireCluster {
  if (cluster instanceof WireCluster) return cluster;
  throw new TypeError('this cluster was not connected by this room');
}
