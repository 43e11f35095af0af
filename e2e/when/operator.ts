// The operator's absence: killed, kept away for a while, and let back.
import type { Kubernetes } from '../given/kubernetes.ts';
import { eventually } from '../then/eventually.ts';
import { type Killed, killPod } from './kill.ts';

const name = 'headrace-operator';
const goneWithinMs = 45_000;
const backWithinMs = 60_000;

/** Kills the operator and keeps it away while `work` runs; it is let back whatever happens. */
export async function withoutOperator(system: Kubernetes, work: (how: Killed) => Promise<void>): Promise<void> {
  const [pod] = await operatorPods(system);
  if (!pod) throw new Error('no operator runs that could be killed');
  const how = await killPod(system, pod.metadata.name);
  await system.patch('deployments', name, { spec: { replicas: 0 } });
  try {
    await eventually(
      'no operator runs',
      { withinMs: goneWithinMs },
      () => operatorPods(system),
      (pods) => pods.length === 0,
    );
    await work(how);
  } finally {
    await system.patch('deployments', name, { spec: { replicas: 1 } });
  }
  await eventually(
    'the operator is back',
    { withinMs: backWithinMs },
    () => system.get('deployments', name),
    (deployment) => deployment?.status?.readyReplicas === 1,
  );
}

const operatorPods = (system: Kubernetes) =>
  system.list('pods', 'app.kubernetes.io/name=headrace,app.kubernetes.io/component=operator');
