// When things happened, by the timestamps that Kafka keeps with its records.
import { readTopics } from '../judge/reader.ts';

/** From the first record of a run in `source` to the first in any of `outputs`, ms; null: there is none. */
export async function firstOutputAfterMs(
  bootstrap: string,
  source: string,
  outputs: readonly string[],
  sinceMs: number,
): Promise<number | null> {
  const read = await timesOf(bootstrap, [source, ...outputs]);
  const first = (topics: readonly string[]): number =>
    topics
      .flatMap((t) => (read.get(t) ?? []).filter((ms) => ms >= sinceMs))
      .reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const afterMs = first(outputs) - first([source]);
  return Number.isFinite(afterMs) ? afterMs : null;
}

/** Unix ms of the newest record; null: the topic is empty. */
export async function lastRecordMs(bootstrap: string, topic: string): Promise<number | null> {
  const times = (await timesOf(bootstrap, [topic])).get(topic) ?? [];
  return times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b));
}

const timesOf = (bootstrap: string, topics: readonly string[]): Promise<Map<string, number[]>> =>
  readTopics({ bootstrap, topics: [...topics] }, ({ message }) => Number(message.timestamp));
