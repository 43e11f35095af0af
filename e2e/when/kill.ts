// A sudden end: SIGKILL to a container's processes, which no program can prepare for.
import { readdir, readFile } from 'node:fs/promises';
import type { Pod } from '#api/kubernetes.ts';
import type { Kubernetes } from '../given/kubernetes.ts';
import { eventually } from '../then/eventually.ts';

/** How it was done: on a node that is not this machine a container cannot be reached, and the pod is deleted by force. */
export type Killed = 'SIGKILL' | 'deleted by force';

interface StatusWithIds {
  readonly containerStatuses?: readonly { readonly containerID?: string }[];
}

const seenWithinMs = 20_000;

/** Ends all containers of the pod at once, and waits until the cluster has seen it. The kubelet starts them again, or the owner makes a new pod. */
export async function killPod(kubernetes: Kubernetes, name: string): Promise<Killed> {
  const pod = await kubernetes.get('pods', name);
  if (!pod) throw new Error(`there is no pod ${name} in ${kubernetes.namespace} to kill`);
  const status = pod.status as StatusWithIds | undefined;
  // `containerd://3f2c…`
  const ids = (status?.containerStatuses ?? []).flatMap(({ containerID = '' }) => containerID.split('://')[1] ?? []);
  if (ids.length === 0) throw new Error(`the pod ${name} runs no container that could be killed`);
  const pids = await processesOf(ids);
  if (pids.length === 0) await kubernetes.remove('pods', name, 0);
  for (const pid of pids) kill(pid);
  const isGone = (now: Pod | undefined) => now?.metadata.uid !== pod.metadata.uid || restarts(now) > restarts(pod);
  await eventually(
    `the end of ${name} is seen`,
    { withinMs: seenWithinMs },
    () => kubernetes.get('pods', name),
    isGone,
  );
  return pids.length === 0 ? 'deleted by force' : 'SIGKILL';
}

const restarts = (pod: Pod | undefined): number =>
  (pod?.status?.containerStatuses ?? []).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);

/** The machine's own numbers of the processes that run in these containers: a container's id is in its cgroup's path. */
async function processesOf(containerIds: readonly string[]): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const numbers = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    numbers.map(async (pid) => {
      const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
      return containerIds.some((id) => id.length >= 32 && cgroup.includes(id)) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself in between, or with its parent.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
