// The stream that most scenarios disturb: a topic of eight partitions copied to another by a function, on two invokers.
import { invokerStatefulSet } from '#api/names.ts';
import { says } from '../then/conditions.ts';
import { readyPods } from '../then/replicas.ts';
import { streamBinding } from './binding.ts';
import { copyCode, eventFunction } from './function.ts';
import type { Stage } from './stage.ts';

export const name = 'copy';
export const partitions = 8;
export const maxRecords = 100;

export interface Copying {
  readonly input: string;
  readonly output: string;
}

interface Choice {
  readonly invokers?: number;
  readonly functionPods?: number;
}

/** Applied, and so far that records would flow at once: all pods are ready. */
export async function copying(stage: Stage, { invokers = 2, functionPods = 1 }: Choice = {}): Promise<Copying> {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const { input, output } = await stage.made({ input: partitions, output: partitions });
  await kubernetes.apply(
    eventFunction(name, copyCode(1), { scaling: { minReplicas: functionPods, maxReplicas: functionPods } }),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer, output: { topic: output } },
      batch: { maxRecords },
      scaling: { minInvokers: invokers, maxInvokers: invokers },
    }),
  );
  await readyPods(kubernetes, 'statefulsets', invokerStatefulSet(name), (pods) => pods === invokers, {
    withinMs: 90_000,
  });
  await says(kubernetes, 'eventfunctions', name, 'Ready', { status: 'True' }, { withinMs: 60_000 });
  await says(kubernetes, 'streambindings', name, 'Ready', { status: 'True' }, { withinMs: 60_000 });
  return { input, output };
}
