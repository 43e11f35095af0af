// What stands in a topic, record by record, in the order of each partition.
import { readTopics } from '../judge/reader.ts';

export interface SeenRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** As far as kafkajs tells them apart: the values of one name stand together, at its first place. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
  /** Unix ms. */
  readonly timestampMs: number;
}

interface Place {
  readonly cluster: { readonly kafkaBootstrap: string };
}

/** All records of the topic, by partition and offset. */
export async function recordsOf({ cluster }: Place, topic: string): Promise<readonly SeenRecord[]> {
  const read = await readTopics(
    { bootstrap: cluster.kafkaBootstrap, topics: [topic], atMostMs: 60_000 },
    ({ partition, offset, message }): SeenRecord => ({
      ...{ partition, offset, key: message.key, value: message.value },
      headers: Object.entries(message.headers ?? {}).flatMap(([name, values]) =>
        (Array.isArray(values) ? values : [values]).map((value) => [name, bytesOf(value)] as const),
      ),
      timestampMs: Number(message.timestamp),
    }),
  );
  return (read.get(topic) ?? []).toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
}

const bytesOf = (value: Buffer | string | null | undefined): Buffer | null =>
  typeof value === 'string' ? Buffer.from(value) : (value ?? null);

/** The value as JSON; throws where it is none. */
export function jsonOf({ value, partition, offset }: SeenRecord): unknown {
  if (value === null) throw new Error(`the record at ${partition}/${offset} has no value`);
  return JSON.parse(value.toString('utf8'));
}

/** The record that it came of, at the time of the output. */
export function sourceOf({
  headers,
  timestampMs,
  partition,
  offset,
}: SeenRecord): Pick<SeenRecord, 'partition' | 'timestampMs'> {
  const from = headers.find(([name]) => name === 'headrace-origin-partition')?.[1];
  if (!from) throw new Error(`the record at ${partition}/${offset} does not say what it came of`);
  return { partition: Number(from.toString()), timestampMs };
}
