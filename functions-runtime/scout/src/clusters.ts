// One connection to each Kafka cluster that a binding of the namespace names; closed when none names it any more.

import type { ScoutDocument } from '#contract/scout.ts';
import type { KafkaCluster } from '#kafka/ports.ts';

export interface Clusters {
  of(bootstrapServers: readonly string[]): KafkaCluster;
  keepOnly(document: ScoutDocument): void;
  close(): Promise<void>;
}

export function createClusters(
  connect: (bootstrapServers: readonly string[], clientId: string) => KafkaCluster,
): Clusters {
  const open = new Map<string, KafkaCluster>();
  const key = (servers: readonly string[]): string => [...servers].sort().join(',');
  return {
    of(bootstrapServers) {
      const known = open.get(key(bootstrapServers));
      if (known !== undefined) return known;
      const cluster = connect(bootstrapServers, 'headrace-scout');
      open.set(key(bootstrapServers), cluster);
      return cluster;
    },
    keepOnly(document) {
      const named = new Set(document.bindings.map((b) => key(b.bootstrapServers)));
      for (const [name, cluster] of open) {
        if (named.has(name)) continue;
        open.delete(name);
        cluster.close().catch(() => undefined);
      }
    },
    async close() {
      await Promise.allSettled([...open.values()].map((c) => c.close()));
      open.clear();
    },
  };
}
