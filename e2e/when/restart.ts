// An orderly end: pods asked to stop with their full grace, one after another, as a drained node or a roll does.
import type { Kubernetes } from '../given/kubernetes.ts';
import { eventually } from '../then/eventually.ts';

/** A broker takes longer than a program of ours. */
const backWithinMs = 120_000;

/** Deletes the pod of a StatefulSet and waits until its successor is ready. */
export async function restartGracefully(kubernetes: Kubernetes, podName: string): Promise<void> {
  const before = await kubernetes.get('pods', podName);
  if (!before) throw new Error(`there is no pod ${podName} in ${kubernetes.namespace} to restart`);
  await kubernetes.remove('pods', podName);
  await eventually(
    `the pod ${podName} is back and ready`,
    { withinMs: backWithinMs },
    () => kubernetes.get('pods', podName),
    (pod) =>
      pod !== undefined &&
      pod.metadata.uid !== before.metadata.uid &&
      pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true,
  );
}
