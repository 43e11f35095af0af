/** Asks leaders for offsets of many topics: what is asked in one turn for the same moment goes to each broker in one request. */
import { addressText, type BrokerAddress } from './addresses.ts';
import type { Connections } from './connections.ts';
import { ok } from './failures.ts';
import { readListedOffsets } from './offset-answers.ts';
import type { KafkaFailure, KafkaOutcome } from './ports.ts';
import { ask, wire } from './wire.ts';

export interface ListQuery {
  readonly broker: BrokerAddress;
  readonly topic: string;
  readonly partitions: readonly number[];
  /** Unix ms, or -1 for the end and -2 for the start. */
  readonly timestamp: bigint;
  /** `committed`: the end is the last stable offset. */
  readonly visible: 'committed' | 'all';
}

/** Offsets of the partitions that were answered, and why others were not. */
export interface Listed {
  readonly offsets: ReadonlyMap<number, number>;
  readonly failure: KafkaFailure | undefined;
}

interface Waiting extends ListQuery {
  settle(outcome: KafkaOutcome<Listed>): void;
}

export class ListQueries {
  readonly #connections: Connections;
  #waiting: Waiting[] = [];

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** One try. */
  ask(query: ListQuery): Promise<KafkaOutcome<Listed>> {
    const { promise, resolve } = Promise.withResolvers<KafkaOutcome<Listed>>();
    this.#waiting.push({ ...query, settle: resolve });
    if (this.#waiting.length === 1) setImmediate(() => this.#sendWaiting());
    return promise;
  }

  #sendWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const requests = Map.groupBy(waiting, (q) => `${addressText(q.broker)} ${q.timestamp} ${q.visible}`);
    for (const queries of requests.values()) void this.#send(queries[0]!, queries);
  }

  async #send({ broker, timestamp, visible }: ListQuery, queries: readonly Waiting[]): Promise<void> {
    // A partition may stand in a request once, however many ask for it.
    const topics = [...Map.groupBy(queries, ({ topic }) => topic)].map(([name, same]) => ({
      name,
      partitions: [...new Set(same.flatMap(({ partitions }) => partitions))].map((partitionIndex) => ({
        partitionIndex,
        currentLeaderEpoch: -1,
        timestamp,
      })),
    }));
    const connection = await this.#connections.to(broker);
    const isolation = visible === 'committed' ? 1 : 0;
    const answer =
      connection.kind === 'failed' ? connection : await ask(wire.listOffsets, connection.value, -1, isolation, topics);
    for (const { topic, partitions, settle } of queries) {
      settle(answer.kind === 'failed' ? answer : ok(readListedOffsets(answer.response, topic, partitions)));
    }
  }
}
