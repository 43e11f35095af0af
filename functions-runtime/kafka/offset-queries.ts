/** Asks for committed offsets of many groups: what is asked in one turn goes to each coordinator in one request. */
import { addressText, type BrokerAddress } from './addresses.ts';
import type { ClusterMap } from './cluster-map.ts';
import type { Connections } from './connections.ts';
import { asksForCoordinator } from './failures.ts';
import { readCommittedOffsets } from './offset-answers.ts';
import type { CommittedOffset, KafkaOutcome } from './ports.ts';
import { ask, wire } from './wire.ts';

interface Query {
  readonly group: string;
  readonly topic: string;
  readonly partitions: readonly number[];
  settle(outcome: KafkaOutcome<readonly CommittedOffset[]>): void;
}

/** An answer may grow to the metadata of each partition, 4 KiB: 16 MB at worst. */
const partitionsPerRequest = 4_000;

export class OffsetQueries {
  readonly #map: ClusterMap;
  readonly #connections: Connections;
  #waiting: Query[] = [];

  constructor(map: ClusterMap, connections: Connections) {
    this.#map = map;
    this.#connections = connections;
  }

  /** One try. */
  ask(group: string, topic: string, partitions: readonly number[]): Promise<KafkaOutcome<readonly CommittedOffset[]>> {
    const { promise, resolve } = Promise.withResolvers<KafkaOutcome<readonly CommittedOffset[]>>();
    this.#waiting.push({ group, topic, partitions, settle: resolve });
    if (this.#waiting.length === 1) setImmediate(() => void this.#sendWaiting());
    return promise;
  }

  async #sendWaiting(): Promise<void> {
    const queries = this.#waiting;
    this.#waiting = [];
    const byCoordinator = new Map<string, { readonly address: BrokerAddress; readonly theirs: Query[] }>();
    const addresses = await Promise.all(queries.map(({ group }) => this.#map.coordinatorOf(group)));
    for (const [index, query] of queries.entries()) {
      const address = addresses[index]!;
      if (address.kind === 'failed') {
        query.settle(address);
        continue;
      }
      const name = addressText(address.value);
      const known = byCoordinator.get(name) ?? { address: address.value, theirs: [] };
      byCoordinator.set(name, known);
      known.theirs.push(query);
    }
    for (const { address, theirs } of byCoordinator.values()) {
      for (const request of requestsOf(theirs)) void this.#send(address, request);
    }
  }

  async #send(address: BrokerAddress, queries: readonly Query[]): Promise<void> {
    const groups = queries.map(({ group, topic, partitions }) => ({
      groupId: group,
      memberId: null,
      memberEpoch: -1,
      topics: [{ name: topic, partitionIndexes: [...partitions] }],
    }));
    const connection = await this.#connections.to(address);
    // Stable: offsets of a transaction that is not decided are waited for.
    const answer =
      connection.kind === 'failed' ? connection : await ask(wire.fetchOffsets, connection.value, groups, true);
    for (const { group, topic, partitions, settle } of queries) {
      const outcome =
        answer.kind === 'failed' ? answer : readCommittedOffsets(answer.response, group, topic, partitions);
      if (outcome.kind === 'failed' && asksForCoordinator(outcome)) this.#map.forgetCoordinator(group);
      settle(outcome);
    }
  }
}

/** A group may stand in a request once, so a second question about it goes with the next. */
function requestsOf(queries: readonly Query[]): readonly (readonly Query[])[] {
  const requests: { readonly groups: Set<string>; readonly queries: Query[]; partitions: number }[] = [];
  for (const query of queries) {
    const count = query.partitions.length;
    const request = requests.find((r) => r.partitions + count <= partitionsPerRequest && !r.groups.has(query.group));
    if (request === undefined) {
      requests.push({ groups: new Set([query.group]), queries: [query], partitions: count });
      continue;
    }
    request.groups.add(query.group);
    request.queries.push(query);
    request.partitions += count;
  }
  return requests.map((request) => request.queries);
}
