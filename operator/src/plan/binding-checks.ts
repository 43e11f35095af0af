/** What is right or wrong with a binding, one check per condition, in the order in which a person would ask. */
import { type Finding, findCondition, say } from '#api/conditions.ts';
import { timeText } from '#api/quantities.ts';
import type { StreamBinding } from '#api/types.gen.ts';
import type { BlockCause, BlockedPartition, Doubted } from '#contract/invoker-report.ts';
import type { SampleFailure } from '#contract/scout.ts';
import { consumerGroupOf } from './contract.ts';
import type { BindingObserved } from './observed.ts';

type Found = Omit<Finding, 'type'>;

const notAnsweringPatienceMs = 15_000;
/** A function that fails for a moment is no news. */
const failingPatienceMs = 15_000;

const good = (reason: Finding['reason'], message: string): Found => ({ status: 'True', reason, message });
const bad = (reason: Finding['reason'], message: string): Found => ({ status: 'False', reason, message });
const unknown = (reason: Finding['reason'], message: string): Found => ({ status: 'Unknown', reason, message });

export function suspended({ binding }: BindingObserved): Found {
  return binding.spec.suspend
    ? good('Suspended', say('spec.suspend is true: positions are kept, nothing is read', 'Suspended'))
    : bad('NotSuspended', 'spec.suspend is false');
}

/** Is there a function that takes calls, or can be woken to take them? */
export function functionAvailable(observed: BindingObserved): Found {
  const { binding, function: fn } = observed;
  const { name } = binding.spec.functionRef;
  if (fn === undefined || fn.metadata.deletionTimestamp !== undefined) {
    const state = fn ? 'is being deleted' : 'does not exist in this namespace';
    return bad('FunctionMissing', say(`EventFunction ${name} ${state}`, 'FunctionMissing'));
  }
  const ready = findCondition(fn.status?.conditions, 'Ready');
  if (ready?.status !== 'True') {
    const seen = `EventFunction ${name} is not ready${ready ? ` (${ready.reason})` : ''}`;
    const message = say(seen, 'FunctionNotReady');
    return ready?.status === 'False' ? bad('FunctionNotReady', message) : unknown('FunctionNotReady', message);
  }
  if (ready.reason === 'Available' && noCallGetsThrough(observed)) {
    const isAsked = [...observed.reports.values()].some(({ report }) => report.doubt !== undefined);
    return isAsked ? failing(observed) : notAnswering(observed);
  }
  return good('FunctionReady', `EventFunction ${name} takes calls, or wakes to take them`);
}

function noCallGetsThrough({ reports }: BindingObserved): boolean {
  const owners = [...reports.values()]
    .map(({ report }) => report)
    .filter((report) => report.ownedPartitions.length > 0);
  return owners.length > 0 && owners.every((report) => !report.functionAvailable);
}

/** Calls get through, and all fail. */
function failing(observed: BindingObserved): Found {
  const [first] = doubts(observed);
  const { name } = observed.binding.spec.functionRef;
  if (first === undefined) return good('FunctionReady', `EventFunction ${name} takes calls`);
  const { sinceMs, reason } = first;
  const seen = `every call of EventFunction ${name} has failed since ${timeText(sinceMs)}, the last with ${reason}; ${sparedUntil(first)}`;
  return bad('FunctionFailing', say(seen, 'FunctionFailing'));
}

const sparedUntil = ({ patientUntilMs }: Doubted): string => `no record is given up before ${timeText(patientUntilMs)}`;

/** Of all invokers, those that have lasted for a while, the oldest first. */
function doubts({ reports, nowMs }: BindingObserved): readonly Doubted[] {
  return [...reports.values()]
    .flatMap(({ report }) => report.doubt ?? [])
    .filter(({ sinceMs, waiting }) => nowMs - sinceMs >= failingPatienceMs && waiting.length > 0)
    .sort((a, b) => a.sinceMs - b.sinceMs);
}

/** Just after a wake-up the invokers may not have heard of the first ready pod: unknown at first. */
function notAnswering({ binding, nowMs }: BindingObserved): Found {
  const before = findCondition(binding.status?.conditions, 'FunctionAvailable');
  const known = before?.reason === 'FunctionNotAnswering' ? before : undefined;
  const isLong = known !== undefined && nowMs - Date.parse(known.lastTransitionTime) >= notAnsweringPatienceMs;
  const seen = `EventFunction ${binding.spec.functionRef.name} has ready pods, but no call gets through`;
  const message = say(seen, 'FunctionNotAnswering');
  return isLong || known?.status === 'False'
    ? bad('FunctionNotAnswering', message)
    : unknown('FunctionNotAnswering', message);
}

/** Reasons that say nothing against the broker: it answered. */
const answered: readonly SampleFailure[] = ['TopicMissing', 'RequiredTopicMissing', 'OffsetsMissing', 'GroupInUse'];

export function sourceReachable({ sample, binding }: BindingObserved): Found {
  const servers = binding.spec.kafka.bootstrapServers.join(', ');
  if (sample === undefined) return unknown('AwaitingSample', 'the scout of this namespace has not looked yet');
  const { outcome } = sample;
  if (outcome.kind === 'sampled' || answered.includes(outcome.reason))
    return good('BrokerReached', `Kafka answers at ${servers}`);
  switch (outcome.reason) {
    case 'BrokerUnreachable':
    case 'NotAuthorized':
      return bad(outcome.reason, say(outcome.message, outcome.reason));
    default:
      return unknown('SampleFailed', say(outcome.message, 'SampleFailed'));
  }
}

/** Are topic, group and positions fit? */
export function topicReady(observed: BindingObserved): Found {
  const { binding, sample } = observed;
  const { topic } = binding.spec.source;
  const older = elderOfSameGroup(observed);
  if (older) {
    const seen = `StreamBinding ${older.metadata.name} uses consumer group ${consumerGroupOf(binding)} too`;
    return bad('GroupShared', say(seen, 'GroupShared'));
  }
  if (sample === undefined) return unknown('AwaitingSample', 'the scout of this namespace has not looked yet');
  const { outcome } = sample;
  if (outcome.kind === 'failed') {
    switch (outcome.reason) {
      case 'TopicMissing':
      case 'RequiredTopicMissing':
      case 'OffsetsMissing':
      case 'GroupInUse':
        // The scout's message names the topic or group and the way out.
        return bad(outcome.reason, outcome.message);
      case 'BrokerUnreachable':
      case 'NotAuthorized':
      case 'SampleFailed':
        return unknown(outcome.reason, `the topic ${topic} could not be looked at; see SourceReachable`);
    }
  }
  const known = binding.status?.topicId;
  if (known !== undefined && known !== outcome.topicId) {
    return bad('TopicReplaced', say(`the topic ${topic} was deleted and created again`, 'TopicReplaced'));
  }
  // A partition that was added later is positioned by its owner: no reason to stop.
  if (known === undefined && !outcome.positioned) return bad('Positioning', 'initial positions are being committed');
  return good(
    'TopicPositioned',
    `topic ${topic} has ${outcome.partitions.length} partitions, and the group its positions`,
  );
}

/**
 * Two bindings in one group would take partitions from each other: the older one keeps it. Names decide between those of one second. Brokers may be
 * written in several ways, so the group's name alone counts.
 */
export function elderOfSameGroup({ binding, neighbours }: BindingObserved): StreamBinding | undefined {
  const group = consumerGroupOf(binding);
  return neighbours
    .filter((other) => consumerGroupOf(other) === group && isOlder(other, binding))
    .sort((a, b) => (isOlder(a, b) ? -1 : 1))[0];
}

function isOlder({ metadata: a }: StreamBinding, { metadata: b }: StreamBinding): boolean {
  const [since, other] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  return since === other ? a.name < b.name : since < other;
}

export function blocked(observed: BindingObserved): Found {
  const { binding, pods, reports } = observed;
  const held = [...reports.values()].flatMap(({ report }) => report.blocked).map(heldPartition);
  const doubted = doubts(observed).flatMap((doubt) => {
    const reason = `${doubt.reason}, as every other call; ${sparedUntil(doubt)}`;
    return doubt.waiting
      .filter(({ partition }) => !held.some((other) => other.partition === partition))
      .map((head) => ({ ...head, because: 'RecordsDoubted' as const, reason }));
  });
  const found = [...held, ...doubted].sort((a, b) => a.partition - b.partition);
  const [first] = found;
  if (first) return good(first.because, say(describeHeld(first, found.length - 1), first.because));
  const before = findCondition(binding.status?.conditions, 'Blocked');
  // An invoker that does not answer for a moment has not unblocked anything.
  if (before?.status === 'True' && reports.size < pods.length) {
    return { status: before.status, reason: before.reason as Finding['reason'], message: before.message };
  }
  return bad('NothingBlocked', 'no record holds a partition');
}

interface HeldPartition extends Omit<BlockedPartition, 'cause'> {
  readonly because: Finding['reason'];
}

const reasonOfCause: Readonly<Record<BlockCause, Finding['reason']>> = {
  exhausted: 'RecordBlocked',
  unauthorized: 'CallsUnauthorized',
  write: 'NotWritten',
  'out-of-range': 'PositionOutOfRange',
  unreadable: 'RecordUnreadable',
};

const heldPartition = ({ partition, offset, reason, cause = 'exhausted' }: BlockedPartition): HeldPartition => ({
  ...{ partition, offset, reason, because: reasonOfCause[cause] },
});

function describeHeld({ partition, offset, reason }: HeldPartition, others: number): string {
  const more = others > 0 ? ` (and ${others} more ${others === 1 ? 'partition' : 'partitions'})` : '';
  return `partition ${partition} waits at offset ${offset}: ${reason}${more}`;
}
