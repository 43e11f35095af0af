/** Test support: topics of a test's own, made by wire calls, and the wait for something to become true. */
import { randomUUID } from 'node:crypto';
import { createTopicsV7, deleteRecordsV2, deleteTopicsV6, incrementalAlterConfigsV1 } from '@platformatic/kafka';
import { nextLookMs } from '../../e2e/cluster/waiting.ts';
import { parseAddress } from './addresses.ts';
import { Connections } from './connections.ts';
import { pause } from './patience.ts';
import { ask, type Connection, wire } from './wire.ts';

export interface TopicWish {
  readonly partitions?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** Creates a topic with a name of its own; resolves when every partition has a leader. */
export async function givenTopic(bootstrap: string, wish: TopicWish = {}): Promise<string> {
  const topic = `kafka-room-${randomUUID()}`;
  await withConnection(bootstrap, (connection) => createTopic(connection, topic, wish));
  return topic;
}

/** Deletes a topic and makes another one of its name. */
export function recreateTopic(bootstrap: string, topic: string, wish: TopicWish = {}): Promise<void> {
  return withConnection(bootstrap, async (connection) => {
    const done = await ask(deleteTopicsV6.api, connection, [{ name: topic }], 10_000);
    if (done.kind === 'failed' || done.response.responses[0]?.errorCode !== 0) throw new Error('not deleted');
    await createTopic(connection, topic, wish);
  });
}

async function createTopic(connection: Connection, topic: string, wish: TopicWish): Promise<void> {
  const partitions = wish.partitions ?? 1;
  const configs = Object.entries(wish.configs ?? {}).map(([name, value]) => ({ name, value }));
  const asked = [{ name: topic, numPartitions: partitions, replicationFactor: 1, assignments: [], configs }];
  await eventually('the topic is made', async () => {
    const made = await ask(createTopicsV7.api, connection, asked, 10_000, false);
    if (made.kind === 'failed') throw new Error(made.message);
    return made.response.topics[0]?.errorCode === 0;
  });
  await eventually('the topic has leaders', async () => {
    const seen = await ask(wire.metadata, connection, [topic], false, false);
    const found = seen.kind === 'answered' ? seen.response.topics[0]?.partitions : undefined;
    return found?.length === partitions && found.every(({ leaderId }) => leaderId >= 0);
  });
}

async function withConnection(bootstrap: string, act: (connection: Connection) => Promise<void>): Promise<void> {
  const connections = new Connections('given', { requestTimeoutMs: 20_000 });
  try {
    const connection = await connections.to(parseAddress(bootstrap));
    if (connection.kind === 'failed') throw new Error(connection.message);
    await act(connection.value);
  } finally {
    await connections.close();
  }
}

const groupResource = 32;
const setValue = 0;

/** How long a member of this group may be silent; other groups keep the broker's value. */
export async function givenSessionTimeout(bootstrap: string, group: string, timeoutMs: number): Promise<void> {
  await withConnection(bootstrap, async (connection) => {
    const name = 'consumer.session.timeout.ms';
    const configs = [{ name, configOperation: setValue, value: String(timeoutMs) } as const];
    const asked = [{ resourceType: groupResource, resourceName: group, configs } as const];
    const set = await ask(incrementalAlterConfigsV1.api, connection, [...asked], false);
    if (set.kind === 'failed') throw new Error(set.message);
  });
}

/** Polls `holds` until it is true; throws with `what` after `withinMs`. Gives the time it took. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<number> {
  const begin = performance.now();
  while (!(await holds())) {
    const tookMs = performance.now() - begin;
    if (tookMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(nextLookMs(5, tookMs));
  }
  return performance.now() - begin;
}

/** Moves the start of a partition's log, as retention does. */
export function deleteRecords(bootstrap: string, topic: string, partition: number, before: number): Promise<void> {
  return withConnection(bootstrap, async (connection) => {
    const partitions = [{ partitionIndex: partition, offset: BigInt(before) }];
    const done = await ask(deleteRecordsV2.api, connection, [{ name: topic, partitions }], 10_000);
    const code = done.kind === 'answered' ? done.response.topics[0]?.partitions[0]?.errorCode : undefined;
    if (code !== 0) throw new Error(`records were not deleted: ${JSON.stringify(done, (_, value) => String(value))}`);
  });
}

/** Commits an offset as only careless tools do: any 64 bits, whatever the log holds. */
export function commitAny(bootstrap: string, group: string, topic: string, partition: number, offset: bigint) {
  return withConnection(bootstrap, async (connection) => {
    const row = { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' };
    const asked = [{ name: topic, partitions: [row] }];
    await eventually('the commit is taken', async () => {
      // A new broker has no coordinators before somebody asks for one.
      await ask(wire.findCoordinator, connection, 0, [group]);
      const done = await ask(wire.commitOffsets, connection, group, -1, '', null, asked);
      if (done.kind === 'failed') throw new Error(done.message);
      return done.response.topics[0]?.partitions[0]?.errorCode === 0;
    });
  });
}

/** Writes one record in a batch of its own. */
export function writeCompressed(
  bootstrap: string,
  topic: string,
  partition: number,
  value: Buffer,
  compression: 'none' | 'gzip' | 'zstd',
): Promise<void> {
  return withConnection(bootstrap, async (connection) => {
    await eventually('the record is written', async () => {
      const messages = [{ topic, partition, value, timestamp: BigInt(Date.now()) }];
      const done = await ask(wire.produce, connection, -1, 10_000, messages, { compression });
      if (done.kind === 'failed' || typeof done.response === 'boolean') throw new Error('no answer to a write');
      return done.response.responses[0]?.partitionResponses[0]?.errorCode === 0;
    });
  });
}
