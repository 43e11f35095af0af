/** Why pods are not ready, read from what the kubelet and the scheduler say: the first reason that a person can act on. */
import type { ContainerStatus, Pod } from '#api/kubernetes.ts';

export type PodProblemKind =
  | 'ImageNotPulled'
  | 'PodMisconfigured'
  | 'PodsCrashing'
  | 'PodsUnschedulable'
  | 'PodsNotReady';

export interface PodProblem {
  readonly kind: PodProblemKind;
  readonly pod: string;
  readonly message: string;
}

const waitingKinds: Readonly<Record<string, PodProblemKind>> = {
  ErrImagePull: 'ImageNotPulled',
  ImagePullBackOff: 'ImageNotPulled',
  ErrImageNeverPull: 'ImageNotPulled',
  InvalidImageName: 'ImageNotPulled',
  CreateContainerConfigError: 'PodMisconfigured',
  CreateContainerError: 'PodMisconfigured',
  RunContainerError: 'PodMisconfigured',
  CrashLoopBackOff: 'PodsCrashing',
};

/** A start takes seconds; after so long without getting ready a person should look. */
const startPatienceMs = 60_000;

export const isReady = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  (pod.status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');

/** Pods that shall stay; in the order of their names, so that the same one is named each time. */
export function podProblem(pods: readonly Pod[], nowMs: number): PodProblem | undefined {
  const candidates = pods
    .filter((pod) => pod.metadata.deletionTimestamp === undefined && !isReady(pod))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const found = candidates.flatMap((pod) => problemOf(pod, nowMs) ?? []);
  // A pod that waits long is often only the echo of another's clearer trouble.
  return found.find((problem) => problem.kind !== 'PodsNotReady') ?? found[0];
}

function problemOf(pod: Pod, nowMs: number): PodProblem | undefined {
  const { name, creationTimestamp } = pod.metadata;
  for (const container of pod.status?.containerStatuses ?? []) {
    const reason = container.state?.waiting?.reason ?? '';
    const kind = waitingKinds[reason];
    if (kind !== undefined) return { kind, pod: name, message: `pod ${name}: ${reason}${detail(container)}` };
  }
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled)
    return {
      kind: 'PodsUnschedulable',
      pod: name,
      message: `pod ${name}: ${unscheduled.message ?? 'no node takes it'}`,
    };
  const ageMs = creationTimestamp === undefined ? 0 : nowMs - Date.parse(creationTimestamp);
  if (ageMs < startPatienceMs) return undefined;
  return {
    kind: 'PodsNotReady',
    pod: name,
    message: `pod ${name} has not got ready within ${startPatienceMs / 1000} s`,
  };
}

function detail({ state, lastState }: ContainerStatus): string {
  const { terminated } = lastState ?? {};
  if (terminated?.exitCode !== undefined)
    return `, last exit code ${terminated.exitCode} (${terminated.reason ?? 'Error'})`;
  return state?.waiting?.message ? `, ${state.waiting.message}` : '';
}
