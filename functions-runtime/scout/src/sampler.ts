// One sample of one binding: its topics, its offsets, its initial positions where it has none. IO; judgement is in position.ts.

import { encodeCommitMetadata } from '#contract/commit-metadata.ts';
import type { BindingSample, SampleFailure, SampleOutcome, ScoutBinding } from '#contract/scout.ts';
import type { KafkaCluster, KafkaFailure, KafkaOutcome, TopicInfo } from '#kafka/ports.ts';
import type { Looks, Tick } from './looks.ts';
import { type PartitionOffsets, partitionSample, positioning } from './position.ts';

type Failed = Extract<SampleOutcome, { kind: 'failed' }>;
const failed = (reason: SampleFailure, message: string): Failed => ({ kind: 'failed', reason, message });

/** Samples bindings of one cluster: topics in one request where it is their turn, offsets of all in one each for starts, ends and commits. */
export function sampleTogether(
  cluster: KafkaCluster,
  looks: Looks,
  bindings: readonly ScoutBinding[],
  now: () => number,
): ReadonlyMap<ScoutBinding, Promise<BindingSample>> {
  const names = bindings.flatMap((b) => [b.topic, ...b.requiredTopics.map((r) => r.topic)]);
  const tick = looks.begin([...new Set(names)]);
  return new Map(
    bindings.map((binding) => [
      binding,
      sampleOutcome(cluster, binding, tick).then((outcome) => ({ uid: binding.uid, atMs: now(), outcome })),
    ]),
  );
}

async function sampleOutcome(cluster: KafkaCluster, binding: ScoutBinding, tick: Tick): Promise<SampleOutcome> {
  const topics = await tick.topics;
  const source = topics.get(binding.topic) ?? notLookedUp;
  if (source.kind === 'failed') return topicFailure(source, 'source', binding.topic, binding);
  for (const required of binding.requiredTopics) {
    const topic = topics.get(required.topic) ?? notLookedUp;
    if (topic.kind === 'failed') return topicFailure(topic, required.role, required.topic, binding);
  }
  const offsets = await readOffsets(cluster, binding, source.value, tick);
  if (offsets.kind === 'failed') return topicFailure(offsets, 'source', binding.topic, binding);
  const position = positioning(offsets.value, binding);
  switch (position.kind) {
    case 'complete':
      return sampledWith(source.value, offsets.value, true);
    case 'missing':
      return failed(
        'OffsetsMissing',
        `consumer group ${binding.consumerGroup} has no committed offset for ${binding.topic} any more; commit the offsets to go on from with kafka-consumer-groups --reset-offsets`,
      );
    case 'commit':
      return commitPositions(cluster, binding, source.value, offsets.value, position);
  }
}

const notLookedUp: KafkaFailure = {
  kind: 'failed',
  code: 'INCOMPLETE_ANSWER',
  message: 'the topic was not looked up',
  retriable: true,
};

async function readOffsets(
  cluster: KafkaCluster,
  binding: ScoutBinding,
  topic: TopicInfo,
  tick: Tick,
): Promise<KafkaOutcome<readonly PartitionOffsets[]>> {
  const [starts, ends, committed] = await Promise.all([
    tick.starts(topic),
    cluster.listOffsets(topic.topic, topic.partitions, 'latest'),
    cluster.fetchOffsets(binding.consumerGroup, topic.topic, topic.partitions),
  ]);
  if (starts.kind === 'failed') return starts;
  if (ends.kind === 'failed') return ends;
  if (committed.kind === 'failed') return committed;
  const commits = new Map(committed.value.map((c) => [c.partition, c.offset]));
  const value: PartitionOffsets[] = [];
  for (const partition of topic.partitions) {
    const logStart = starts.value.get(partition);
    const logEnd = ends.value.get(partition);
    if (logStart === undefined || logEnd === undefined) {
      return {
        kind: 'failed',
        code: 'INCOMPLETE_ANSWER',
        message: `no offsets of partition ${partition}`,
        retriable: true,
      };
    }
    value.push({ partition, logStart, logEnd, committed: commits.get(partition) ?? null });
  }
  return { kind: 'ok', value };
}

/** Committed as an administrator, which the broker allows while the group has no member. */
async function commitPositions(
  cluster: KafkaCluster,
  binding: ScoutBinding,
  topic: TopicInfo,
  offsets: readonly PartitionOffsets[],
  { partitions, at }: { readonly partitions: readonly number[]; readonly at: 'earliest' | 'latest' | number },
): Promise<SampleOutcome> {
  const found = await cluster.listOffsets(topic.topic, partitions, at);
  if (found.kind === 'failed') return kafkaFailure(found, binding);
  const metadata = encodeCommitMetadata({
    epoch: 0,
    topicId: topic.topicId,
    released: true,
    settledAbove: [],
    attempts: [],
  });
  const positions = partitions.map((partition) => ({ partition, offset: found.value.get(partition) ?? 0, metadata }));
  const done = await cluster.commitOffsets(binding.consumerGroup, topic.topic, positions, { kind: 'administrator' });
  if (done.kind === 'failed') {
    // Members that own a new partition position it themselves; a foreign group's members never let us.
    if (done.code === 'UNKNOWN_MEMBER_ID' && partitions.length < offsets.length)
      return sampledWith(topic, offsets, false);
    if (done.code === 'UNKNOWN_MEMBER_ID') {
      return failed(
        'GroupInUse',
        `consumer group ${binding.consumerGroup} has members of another application; name another group in spec.source.consumerGroup`,
      );
    }
    return kafkaFailure(done, binding);
  }
  const placed = new Map(positions.map((p) => [p.partition, p.offset]));
  return sampledWith(
    topic,
    offsets.map((o) => ({ ...o, committed: o.committed ?? placed.get(o.partition) ?? null })),
    true,
  );
}

const sampledWith = (topic: TopicInfo, offsets: readonly PartitionOffsets[], positioned: boolean): SampleOutcome => ({
  kind: 'sampled',
  topicId: topic.topicId,
  positioned,
  delayMs: null,
  partitions: offsets.map(partitionSample),
});

function topicFailure(
  failure: KafkaFailure,
  role: 'source' | 'output' | 'deadLetter',
  topic: string,
  binding: ScoutBinding,
): Failed {
  if (failure.code !== 'UNKNOWN_TOPIC_OR_PARTITION' && failure.code !== 'UNKNOWN_TOPIC_ID')
    return kafkaFailure(failure, binding);
  const message = `the ${role === 'deadLetter' ? 'dead letter' : role} topic ${topic} does not exist; create it, Headrace creates no topics`;
  return failed(role === 'source' ? 'TopicMissing' : 'RequiredTopicMissing', message);
}

function kafkaFailure(failure: KafkaFailure, binding: ScoutBinding): Failed {
  switch (failure.code) {
    case 'BROKER_UNREACHABLE':
    case 'REQUEST_TIMEOUT':
      return failed(
        'BrokerUnreachable',
        `no broker answers at ${binding.bootstrapServers.join(', ')}: ${failure.message}`,
      );
    case 'GROUP_AUTHORIZATION_FAILED':
    case 'TOPIC_AUTHORIZATION_FAILED':
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return failed('NotAuthorized', `${failure.code}: ${failure.message}`);
    default:
      return failed('SampleFailed', `${failure.code}: ${failure.message}`);
  }
}
