// How many pods there were over time: the sequence of counts that were seen, without repeats.
import type { Kubernetes } from '../given/kubernetes.ts';
import { eventually } from './eventually.ts';
import { keepLooking } from './looking.ts';

export interface ReplicaRecord {
  /** Pods, ready or not, newest last; equal neighbours are one. */
  readonly seen: readonly number[];
  stop(): Promise<void>;
}

const lookEveryMs = 200;

/** Looks at the workload until stopped; a workload that does not exist counts as zero. */
export function recordReplicas(
  kubernetes: Kubernetes,
  resource: 'deployments' | 'statefulsets',
  name: string,
): ReplicaRecord {
  const seen: number[] = [];
  const { stop } = keepLooking(lookEveryMs, async () => {
    const replicas = (await kubernetes.get(resource, name))?.status?.replicas ?? 0;
    if (seen.at(-1) !== replicas) seen.push(replicas);
  });
  return { seen, stop };
}

/** Whether the wanted steps appear in this order, whatever lies between them. */
export function went(seen: readonly number[], steps: readonly ((replicas: number) => boolean)[]): boolean {
  let next = 0;
  for (const replicas of seen) if (steps[next]?.(replicas) === true) next += 1;
  return next === steps.length;
}

export const none = (replicas: number): boolean => replicas === 0;
export const some = (replicas: number): boolean => replicas > 0;

/** Waits until the workload has no pod any more. */
export async function atZero(
  kubernetes: Kubernetes,
  resource: 'deployments' | 'statefulsets',
  name: string,
  { withinMs }: { readonly withinMs: number },
): Promise<void> {
  const look = async () => {
    const { spec, status } = (await kubernetes.get(resource, name)) ?? {};
    return { wanted: spec?.replicas ?? 0, pods: status?.replicas ?? 0 };
  };
  const isSo = ({ wanted, pods }: { readonly wanted: number; readonly pods: number }) => wanted === 0 && pods === 0;
  await eventually(`${resource}/${name} is at zero`, { withinMs }, look, isSo);
}

/** Waits until so many pods are ready. */
export async function readyPods(
  kubernetes: Kubernetes,
  resource: 'deployments' | 'statefulsets',
  name: string,
  isEnough: (replicas: number) => boolean,
  { withinMs }: { readonly withinMs: number },
): Promise<number> {
  const look = async () => (await kubernetes.get(resource, name))?.status?.readyReplicas ?? 0;
  return eventually(`ready pods of ${resource}/${name} are as many as expected`, { withinMs }, look, isEnough);
}
