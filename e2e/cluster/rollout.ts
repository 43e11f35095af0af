// Waiting for the pods of a workload: until all are ready, or until one shows that it never will be.
import { kubectl, mustKubectl } from './cluster.ts';
import { until } from './waiting.ts';

export interface Workload {
  readonly namespace: string;
  /** `deployment` or `statefulset`, a slash, its name. */
  readonly name: string;
  /** The label selector of its pods. */
  readonly selector: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
}

export interface PodStatus {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** A container that was restarted this often and waits again will not heal by itself. */
const restartsToGiveUp = 3;
const withoutHope = ['ErrImageNeverPull', 'ImagePullBackOff', 'InvalidImageName', 'CreateContainerConfigError'];

/** The first container that cannot become ready without somebody's help. */
export function hopeless(pods: readonly PodStatus[]): { pod: string; container: string; reason: string } | undefined {
  for (const { metadata, status } of pods) {
    for (const { name, restartCount, state } of [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ]) {
      const reason = state?.waiting?.reason ?? '';
      const crashes = reason === 'CrashLoopBackOff' && (restartCount ?? 0) >= restartsToGiveUp;
      if (crashes || withoutHope.includes(reason)) return { pod: metadata.name, container: name, reason };
    }
  }
  return undefined;
}

/** Resolves when the workload's current revision is ready; the error says what its pods, events and logs say. */
export async function untilRolledOut(kubeconfig: string, workload: Workload, atMostMs: number): Promise<void> {
  const { namespace, name, selector } = workload;
  const at = ['--namespace', namespace];
  const isReady = async () => {
    const { code } = await kubectl(kubeconfig, ['rollout', 'status', name, '--timeout=2s', ...at]);
    if (code === 0) return true;
    const pods = await mustKubectl(kubeconfig, ['get', 'pods', '--selector', selector, '-o', 'json', ...at]);
    const lost = hopeless((JSON.parse(pods) as { items: PodStatus[] }).items);
    if (!lost) return undefined;
    const { pod, container, reason } = lost;
    const log = await mustKubectl(kubeconfig, ['logs', pod, '--container', container, '--tail=20', ...at]).catch(
      String,
    );
    throw new Error(`${namespace}/${pod}: ${container} is in ${reason}\n${log}`);
  };
  const explain = () => whatIsThere(kubeconfig, namespace);
  await until(`${name} is ready`, { atMostMs, everyMs: 100 }, isReady, explain);
}

async function whatIsThere(kubeconfig: string, namespace: string): Promise<string> {
  const questions = [
    ['get', 'pods,pvc', '-o', 'wide', '--namespace', namespace],
    ['get', 'events', '--sort-by=.lastTimestamp', '--namespace', namespace],
  ];
  return (await Promise.all(questions.map((args) => mustKubectl(kubeconfig, args).catch(String)))).join('\n');
}
