/** The doors of the Kafka room. */
import { connectCluster, WireCluster } from './cluster.ts';
import { WireFetcher } from './fetcher.ts';
import { WireMembership } from './membership.ts';
import type { KafkaCluster, KafkaRoom } from './ports.ts';
import { WireProducer } from './producer.ts';
import { WireWatch } from './watch.ts';

export type * from './ports.ts';

export const kafkaRoom: KafkaRoom = {
  connect: (bootstrapServers, clientId) => connectCluster(bootstrapServers, clientId),
  join: (cluster, options, handlers) => new WireMembership(ours(cluster), options, handlers),
  fetcher: (cluster, options, handlers) => new WireFetcher(ours(cluster), options, handlers),
  producer: (cluster) => new WireProducer(ours(cluster)),
  watch: (cluster, handlers) => new WireWatch(ours(cluster), handlers),
};

function ours(cluster: KafkaCluster): WireCluster {
  if (cluster instanceof WireCluster) return cluster;
  throw new TypeError('this cluster was not connected by this room');
}
