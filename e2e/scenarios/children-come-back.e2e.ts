// Promise: what the operator made and somebody deleted by hand comes back, and the stream goes on.
import { expect } from 'vitest';
import { copying, name } from '../given/copying.ts';
import type { Resource } from '../given/kubernetes.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { childKinds, childrenOf } from '../then/children.ts';
import { eventually } from '../then/eventually.ts';
import { drained } from '../then/flow.ts';
import { verdictOf } from '../then/verdict.ts';

const backWithinMs = 30_000;

scenario('children deleted by hand come back', async ({ stage }) => {
  const { input, output } = await copying(stage, { invokers: 1 });
  // Pods come and go with their workloads, under other names.
  const before = [...(await childrenOf(stage.kubernetes))].filter(([child]) => !child.startsWith('pods/'));
  expect(before.map(([child]) => child.split('/')[0])).toEqual(expect.arrayContaining([...childKinds]));

  for (const [child] of before) {
    const [resource, childName] = child.split('/') as [Resource, string];
    await stage.kubernetes.remove(resource, childName);
  }

  await eventually(
    'every child is there again, and is a new one',
    { withinMs: backWithinMs },
    async () => {
      const now = await childrenOf(stage.kubernetes);
      return before.filter(([child, uid]) => now.get(child) === undefined || now.get(child) === uid);
    },
    (missing) => missing.length === 0,
  );
  const sent = await startTraffic(stage.topics, { topic: input, perSecond: 100, forMs: 3_000 }).finished;
  await drained(stage, name, input, { withinMs: 90_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
});
