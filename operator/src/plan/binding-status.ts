/** What to say about a binding: conditions, who owns which partitions, and a coarse lag. */
import { type Finding, findCondition, progress, say, setCondition } from '#api/conditions.ts';
import type { Condition } from '#api/kubernetes.ts';
import { invokerStatefulSet } from '#api/names.ts';
import { timeText } from '#api/quantities.ts';
import type { StreamBindingStatus } from '#api/types.gen.ts';
import * as checks from './binding-checks.ts';
import { consumerGroupOf } from './contract.ts';
import type { BindingObserved } from './observed.ts';
import { ordinalOf } from './placement.ts';
import { isReady, podProblem } from './pod-problems.ts';

/** Fast numbers belong to the metrics: every write of status wakes everybody who watches. */
const lagEveryMs = 30_000;

/** `invokers`: how many shall own partitions. */
export function bindingStatus(observed: BindingObserved, invokers: number): StreamBindingStatus {
  const { binding, sample } = observed;
  const before = binding.status;
  const generation = binding.metadata.generation ?? 0;
  const conditions = findingsOf(observed, invokers).reduce<readonly Condition[]>(
    (list, finding) => setCondition(list, finding, generation, observed.nowMs),
    before?.conditions ?? [],
  );
  const sampled = sample?.outcome.kind === 'sampled' ? sample.outcome : undefined;
  const topicId = positionedTopicId(observed);
  const partitions = sampled?.partitions.length ?? before?.partitions;
  const placements = placementsOf(observed);
  return {
    observedGeneration: generation,
    consumerGroup: consumerGroupOf(binding),
    ...(topicId === undefined ? {} : { topicId }),
    ...(partitions === undefined ? {} : { partitions }),
    invokers: placements.length,
    ...lagOf(observed),
    placements,
    conditions,
  };
}

/** The topic whose initial positions are committed, from the first sample on that says so. */
export function positionedTopicId({ binding, sample }: BindingObserved): string | undefined {
  const sampled = sample?.outcome.kind === 'sampled' && sample.outcome.positioned ? sample.outcome.topicId : undefined;
  return binding.status?.topicId ?? sampled;
}

function findingsOf(observed: BindingObserved, invokers: number): readonly Finding[] {
  const functionAvailable: Finding = { type: 'FunctionAvailable', ...checks.functionAvailable(observed) };
  const sourceReachable: Finding = { type: 'SourceReachable', ...checks.sourceReachable(observed) };
  const topicReady: Finding = { type: 'TopicReady', ...checks.topicReady(observed) };
  const blocked: Finding = { type: 'Blocked', ...checks.blocked(observed) };
  const suspended: Finding = { type: 'Suspended', ...checks.suspended(observed) };
  const needs = [functionAvailable, sourceReachable, topicReady];
  const ready: Finding = { type: 'Ready', ...readiness(observed, invokers, needs, blocked, suspended) };
  return [
    ready,
    ...progress(ready, undefined, rollout(observed, invokers)),
    ...needs,
    { type: 'Active', ...active(observed, invokers) },
    blocked,
    suspended,
  ];
}

type Found = Omit<Finding, 'type'>;

function readiness(
  observed: BindingObserved,
  invokers: number,
  needs: readonly Finding[],
  blocked: Finding,
  suspended: Finding,
): Found {
  // Resting is what is wanted; `helm --wait` and GitOps must not wait for its end.
  if (suspended.status === 'True') return { status: 'True', reason: 'Suspended', message: suspended.message };
  const lacking =
    needs.find(({ status }) => status === 'False') ??
    needs.find(({ status, reason }) => status !== 'True' && reason !== 'FunctionNotAnswering');
  if (lacking) return { status: lacking.status, reason: lacking.reason, message: lacking.message };
  if (blocked.status === 'True') return { status: 'False', reason: blocked.reason, message: blocked.message };
  if (invokers === 0) return { status: 'True', reason: 'Asleep', message: 'nothing to do; the first record wakes it' };
  if (membersOf(observed).length > 0)
    return { status: 'True', reason: 'Flowing', message: 'invokers drive the function' };
  const problem = podProblem(observed.pods, observed.nowMs);
  if (problem) {
    return {
      status: 'False',
      reason: 'InvokersFailing',
      message: say(`${problem.kind}: ${problem.message}`, 'InvokersFailing'),
    };
  }
  const wasReady = findCondition(observed.binding.status?.conditions, 'Ready')?.status === 'True';
  return wasReady
    ? { status: 'True', reason: 'Waking', message: 'invokers start for the records that have come' }
    : { status: 'False', reason: 'InvokersStarting', message: 'invokers start and join their group' };
}

function active(observed: BindingObserved, invokers: number): Found {
  const tried = observed.desired?.lagNotFalling;
  if (invokers > 0 && tried !== undefined)
    return { status: 'True', reason: 'LagNotFalling', message: say(tried, 'LagNotFalling') };
  if (invokers > 0) return { status: 'True', reason: 'Active', message: 'invokers are wanted' };
  if (observed.binding.spec.suspend) return { status: 'False', reason: 'Suspended', message: 'spec.suspend is true' };
  return positionedTopicId(observed) === undefined
    ? { status: 'False', reason: 'NotStarted', message: say('no invoker has run yet', 'NotStarted') }
    : { status: 'False', reason: 'Asleep', message: 'no invokers, because there is nothing to do' };
}

function rollout({ statefulSet, pods }: BindingObserved, invokers: number): string | undefined {
  if (statefulSet === undefined || invokers === 0) return undefined;
  const { spec, status, metadata } = statefulSet;
  const wanted = spec?.replicas ?? 0;
  if (status?.observedGeneration !== metadata.generation) return 'the StatefulSet is being changed';
  if (status?.currentRevision !== status?.updateRevision && (status?.updatedReplicas ?? 0) < wanted) {
    return `${status?.updatedReplicas ?? 0} of ${wanted} invokers run the newest contract`;
  }
  if (wanted > invokers) return `${wanted - invokers} invokers leave`;
  const ready = pods.filter(isReady).length;
  return ready < invokers ? `${ready} of ${invokers} invokers are ready` : undefined;
}

interface Placed {
  readonly invoker: string;
  readonly partitions: string;
}

/** One entry for each member, by ordinal. Who does not answer for a moment is still where he was. */
function placementsOf(observed: BindingObserved): readonly Placed[] {
  const before = new Map(observed.binding.status?.placements?.map((placed) => [placed.invoker, placed]));
  const members = membersOf(observed);
  const name = invokerStatefulSet(observed.binding.metadata.name);
  const silent = observed.pods
    .map(({ metadata }) => metadata.name)
    .filter((pod) => !observed.reports.has(ordinalOf(pod) ?? -1))
    .flatMap((pod) => before.get(pod) ?? []);
  const telling = members.map(({ ordinal, ownedPartitions }) => ({
    invoker: `${name}-${ordinal}`,
    partitions: ranges(ownedPartitions),
  }));
  return [...silent, ...telling].sort((a, b) => (ordinalOf(a.invoker) ?? 0) - (ordinalOf(b.invoker) ?? 0));
}

const membersOf = ({ reports }: BindingObserved) =>
  [...reports.values()].map(({ report }) => report).filter(({ membership }) => membership === 'member');

const rangesCharsMax = 1_024;

/** `[3, 0, 1, 8]` → `0-1,3,8`. */
export function ranges(partitions: readonly number[]): string {
  const found: [first: number, last: number][] = [];
  for (const partition of [...partitions].sort((a, b) => a - b)) {
    const open = found.at(-1);
    if (open && partition <= open[1] + 1) open[1] = partition;
    else found.push([partition, partition]);
  }
  const text = found.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
  return text.length <= rangesCharsMax ? text : `${text.slice(0, rangesCharsMax - 1)}…`;
}

/** The old figure stays for half a minute; whether there is any lag at all is said at once. */
function lagOf({ binding, sample, nowMs }: BindingObserved): Pick<StreamBindingStatus, 'lag' | 'lagTime'> {
  const { lag: before, lagTime } = binding.status ?? {};
  const kept = before === undefined || lagTime === undefined ? {} : { lag: before, lagTime };
  if (sample?.outcome.kind !== 'sampled') return kept;
  const lag = sample.outcome.partitions.reduce((sum, partition) => sum + partition.lag, 0);
  if (lag === before && lagTime !== undefined) return kept;
  const isDue = lagTime === undefined || nowMs - Date.parse(lagTime) >= lagEveryMs;
  const turnsZero = (lag === 0) !== (before === 0);
  return isDue || turnsZero ? { lag, lagTime: timeText(sample.atMs) } : kept;
}
