// What is remembered of a cluster's topics from one tick to the next. Topics and log starts change rarely: they are looked at in turns, so that no tick asks for both.
import type { KafkaCluster, KafkaOutcome, TopicInfo } from '#kafka/ports.ts';

export type Topics = ReadonlyMap<string, KafkaOutcome<TopicInfo>>;
export type Starts = KafkaOutcome<ReadonlyMap<number, number>>;

export interface Looks {
  /** A tick begins, with these topics. */
  begin(names: readonly string[]): Tick;
}

export interface Tick {
  readonly topics: Promise<Topics>;
  starts(topic: TopicInfo): Promise<Starts>;
}

/** Topics that are there are looked at again after so long: added partitions and replaced topics are found within it. */
const topicsFreshMs = 10_000;
/** What nobody has asked for any more is forgotten. */
const forgottenMs = 60_000;

interface Known {
  topic: KafkaOutcome<TopicInfo>;
  starts: { readonly of: TopicInfo; readonly offsets: ReadonlyMap<number, number> } | undefined;
  usedMs: number;
}

export function createLooks(cluster: KafkaCluster, now: () => number): Looks {
  const known = new Map<string, Known>();
  let isTopicsTurn = false;

  async function look(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    for (const [name, topic] of await cluster.describeTopics(names, topicsFreshMs))
      known.set(name, { topic, starts: known.get(name)?.starts, usedMs: now() });
  }

  async function topics(names: readonly string[], all: boolean): Promise<Topics> {
    for (const [name, { usedMs }] of known) if (now() - usedMs > forgottenMs) known.delete(name);
    await look(all ? names : names.filter((name) => !known.has(name)));
    const found = new Map<string, KafkaOutcome<TopicInfo>>();
    for (const name of names) {
      const one = known.get(name);
      if (one === undefined) continue;
      one.usedMs = now();
      found.set(name, one.topic);
    }
    return found;
  }

  async function starts(topic: TopicInfo, mayRemember: boolean): Promise<Starts> {
    const { starts: before } = known.get(topic.topic) ?? {};
    const isSame = before?.of.topicId === topic.topicId && before.of.partitions.length === topic.partitions.length;
    if (mayRemember && isSame) return { kind: 'ok', value: before.offsets };
    const found = await cluster.listOffsets(topic.topic, topic.partitions, 'earliest');
    const one = known.get(topic.topic);
    if (one !== undefined && found.kind === 'ok') one.starts = { of: topic, offsets: found.value };
    return found;
  }

  return {
    begin(names) {
      isTopicsTurn = !isTopicsTurn;
      const isTheirs = isTopicsTurn;
      return { topics: topics(names, isTheirs), starts: (topic) => starts(topic, isTheirs) };
    },
  };
}
