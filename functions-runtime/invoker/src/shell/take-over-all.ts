/** Takes partitions over together: reads their commits, commits the same offsets with a higher epoch, and tells the hosts. */
import type { CommitMetadata } from '#contract/commit-metadata.ts';
import type { CommittedOffset, KafkaFailure, KafkaOutcome } from '#kafka/ports.ts';
import type { CommitRow } from './commits.ts';
import type { OwnershipParts } from './ownership.ts';
import { type TakeOver, takeOver } from './take-over.ts';
import type { Tenure } from './tenure.ts';

type Decided = Exclude<TakeOver, { kind: 'needs-log-start' }>;
export type Taken = Decided & { readonly topicId: string };

const failure = (code: string, message: string): KafkaFailure => ({ kind: 'failed', code, message, retriable: true });

export async function takeOverAll(
  tenures: readonly Tenure[],
  parts: OwnershipParts,
): Promise<KafkaOutcome<ReadonlyMap<number, Taken>>> {
  const { contract, cluster, commits, pods } = parts;
  const { topic, consumerGroup } = contract.source;
  const described = await cluster.describeTopic(topic);
  if (described.kind === 'failed') return described;
  const { topicId, partitions } = described.value;
  pods.setPartitions(partitions);
  const committed = await cluster.fetchOffsets(consumerGroup, topic, partitions);
  if (committed.kind === 'failed') return committed;
  const decided = await decideAll(tenures, committed.value, topicId, parts);
  if (decided.kind === 'failed') return decided;
  const rows: CommitRow[] = [];
  const epochs = new Map<number, number>();
  for (const [partition, taken] of decided.value) {
    if (taken.kind !== 'start') continue;
    const { epoch, position } = taken;
    rows.push({ partition, epoch, offset: position, metadata: ownedBy(taken, topicId) });
    epochs.set(partition, epoch);
  }
  // The commit asks who owns the partition: under its new epoch.
  for (const tenure of tenures) tenure.epoch = epochs.get(tenure.partition) ?? null;
  const outcome = rows.length === 0 ? 'ok' : await commits.now(rows);
  if (outcome !== 'ok') {
    for (const tenure of tenures) tenure.epoch = null;
    return failure('COMMIT_NOT_ACCEPTED', `the take-over of ${topic} could not be committed: ${outcome}`);
  }
  await pods.announce(epochs);
  return {
    kind: 'ok',
    value: new Map([...decided.value].map(([partition, taken]) => [partition, { ...taken, topicId }])),
  };
}

const ownedBy = (
  { epoch, memory }: { epoch: number; memory: CommitMetadata | null },
  topicId: string,
): CommitMetadata => ({
  epoch,
  topicId,
  released: false,
  settledAbove: memory?.settledAbove ?? [],
  attempts: memory?.attempts ?? [],
});

async function decideAll(
  tenures: readonly Tenure[],
  committed: readonly CommittedOffset[],
  topicId: string,
  { contract, cluster }: OwnershipParts,
): Promise<KafkaOutcome<ReadonlyMap<number, Decided>>> {
  const { topic, onOffsetOutOfRange: policy } = contract.source;
  const othersCommitted = committed.some(({ offset }) => offset !== null);
  const decide = ({ partition, outOfRange }: Tenure, logStart: number | null): TakeOver => {
    const commit = committed.find((row) => row.partition === partition);
    const { offset = null, metadata = '' } = commit ?? {};
    return takeOver({ offset, metadata, topicId, othersCommitted, outOfRange, logStart, policy, atMs: Date.now() });
  };
  const decided = new Map<number, Decided>();
  const open: Tenure[] = [];
  for (const tenure of tenures) {
    const first = decide(tenure, null);
    if (first.kind === 'needs-log-start') open.push(tenure);
    else decided.set(tenure.partition, first);
  }
  if (open.length === 0) return { kind: 'ok', value: decided };
  const partitions = open.map(({ partition }) => partition);
  const starts = await cluster.listOffsets(topic, partitions, 'earliest');
  if (starts.kind === 'failed') return starts;
  for (const tenure of open) {
    const second = decide(tenure, starts.value.get(tenure.partition) ?? 0);
    if (second.kind !== 'needs-log-start') decided.set(tenure.partition, second);
  }
  return { kind: 'ok', value: decided };
}
