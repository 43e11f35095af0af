/** Which endpoint each partition meets: rendezvous hashing with a ceiling, so that caches stay warm and no pod carries much more than another. PURE. */

/**
 * Every partition's endpoint. All invokers get the same answer, because all assign all partitions of the topic. No endpoint gets more than
 * the mean rounded up; when an endpoint goes, mostly its own partitions move.
 */
export function assignPartitions(
  partitions: readonly number[],
  endpoints: readonly string[],
): ReadonlyMap<number, string> {
  const assigned = new Map<number, string>();
  if (endpoints.length === 0) return assigned;
  const ceiling = Math.ceil(partitions.length / endpoints.length);
  const load = new Map(endpoints.map((endpoint) => [endpoint, 0]));
  const offers = partitions
    .flatMap((partition) => endpoints.map((endpoint) => ({ partition, endpoint, score: score(endpoint, partition) })))
    .sort((a, b) => b.score - a.score || a.partition - b.partition || (a.endpoint < b.endpoint ? -1 : 1));
  // The strongest wish of all goes first: a partition that must give way is one that cares least.
  for (const { partition, endpoint } of offers) {
    const count = load.get(endpoint)!;
    if (assigned.has(partition) || count >= ceiling) continue;
    assigned.set(partition, endpoint);
    load.set(endpoint, count + 1);
  }
  return assigned;
}

/** FNV-1a with a final mix (murmur3): near values give far scores. */
function score(endpoint: string, partition: number): number {
  let hash = 0x811c9dc5;
  for (const char of `${endpoint}#${partition}`) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
