/** What is right or wrong with a function, one check per question, in the order in which a person would ask. */
import { type Finding, say } from '#api/conditions.ts';
import { inlineFile } from './function-code.ts';
import { functionUrl } from './function-service.ts';
import type { FunctionObserved } from './observed.ts';
import { isReady, podProblem } from './pod-problems.ts';

/** What the checks ask about besides what was observed: the plan's own numbers. */
export interface FunctionIntent {
  readonly replicas: number;
  /** Undefined: there is no code to run. */
  readonly revision: string | undefined;
}

type Ready = Omit<Finding, 'type'>;

/** In the cluster a file is found by its ending in this order. */
const endings = ['mjs', 'js', 'ts', 'mts', 'cjs', 'cts'];

/** The code: is there any, and has it what the handler names? */
export function codeProblem({ function: fn, sourceConfigMap }: FunctionObserved): Ready | undefined {
  const { runtime, handler, code: { configMapRef } = {} } = fn.spec;
  if (runtime === 'container') return undefined;
  const dot = handler.lastIndexOf('.');
  const stem = dot < 0 ? 'index' : handler.slice(0, dot);
  if (configMapRef && sourceConfigMap === undefined) {
    const message = say(
      `ConfigMap ${configMapRef.name}, which spec.code.configMapRef names, does not exist`,
      'CodeMissing',
    );
    return { status: 'False', reason: 'CodeMissing', message };
  }
  const files = configMapRef
    ? [...Object.keys(sourceConfigMap?.data ?? {}), ...Object.keys(sourceConfigMap?.binaryData ?? {})]
    : [inlineFile];
  if (endings.some((ending) => files.includes(`${stem}.${ending}`))) return undefined;
  const has = files.slice(0, 10).sort().join(', ') || 'no file';
  const where = configMapRef ? `ConfigMap ${configMapRef.name} has ${has}` : 'inline code is one file, index';
  const message = say(
    `spec.handler ${handler} needs a file ${stem} (.${endings.join(', .')}), and ${where}`,
    'HandlerMissing',
  );
  return { status: 'False', reason: 'HandlerMissing', message };
}

/** The pods of the newest code: does something keep them from getting ready? Said even while older pods serve. */
export function podTrouble({ deployment, pods, nowMs }: FunctionObserved): Ready | undefined {
  const problem = podProblem(pods, nowMs);
  if (problem) return { status: 'False', reason: problem.kind, message: say(problem.message, problem.kind) };
  const refused = deployment?.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  if (refused === undefined) return undefined;
  return { status: 'False', reason: 'PodsRefused', message: say(refused.message ?? 'pods are refused', 'PodsRefused') };
}

/** Can it take calls, or be woken to take them? */
export function readiness(observed: FunctionObserved, { replicas, revision }: FunctionIntent): Ready {
  const { function: fn, pods } = observed;
  const code = codeProblem(observed);
  const ready = pods.filter(isReady).length;
  // What runs goes on without its ConfigMap; a new pod could not start.
  if (code) return code;
  if (replicas === 0)
    return { status: 'True', reason: 'ScaledToZero', message: 'no pods: nothing to do; the first record wakes it' };
  if (ready > 0) return { status: 'True', reason: 'Available', message: `pods take calls at ${functionUrl(fn)}` };
  const trouble = podTrouble(observed);
  if (trouble) return trouble;
  const before = fn.status?.conditions?.find((condition) => condition.type === 'Ready');
  const ranBefore = fn.status?.revision === revision && before?.status === 'True';
  return ranBefore
    ? { status: 'True', reason: 'Waking', message: 'pods start for the work that has come' }
    : { status: 'False', reason: 'PodsStarting', message: 'pods with this code start' };
}

/** In words, what is still being replaced or added; undefined: nothing. */
export function rollout({ deployment, pods }: FunctionObserved, replicas: number): string | undefined {
  if (replicas === 0) return undefined;
  const status = deployment?.status ?? {};
  const generation = deployment?.metadata.generation;
  const ready = pods.filter(isReady).length;
  if (deployment === undefined || status.observedGeneration !== generation) return 'the Deployment is being changed';
  if ((status.updatedReplicas ?? 0) < replicas)
    return `${status.updatedReplicas ?? 0} of ${replicas} pods run the newest code`;
  if ((status.replicas ?? 0) > replicas) return `${(status.replicas ?? 0) - replicas} older pods end`;
  return ready < replicas ? `${ready} of ${replicas} pods are ready` : undefined;
}
