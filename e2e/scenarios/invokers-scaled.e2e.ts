// Promise: more and fewer invokers under load move partitions without a record lost, reordered or repeated (D1, D5, P3).
import { expect } from 'vitest';
import { invokerStatefulSet } from '#api/names.ts';
import { copying, name } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { eventually } from '../then/eventually.ts';
import { drained, flowing } from '../then/flow.ts';
import { pauseText } from '../then/pauses.ts';
import { recordsOf } from '../then/records.ts';
import { verdictOf } from '../then/verdict.ts';

const perSecond = 400;

scenario('D1 D5 P3: invokers scaled up and down under load repeat nothing', async ({ stage }) => {
  const { kubernetes } = stage;
  const { input, output } = await copying(stage, { invokers: 1 });
  const traffic = startTraffic(stage.topics, { topic: input, perSecond, forMs: 30_000 });
  await flowing(stage, output, 3 * perSecond, { withinMs: 30_000 });

  const owners: string[] = [];
  for (const invokers of [3, 1]) {
    const scaling = { minInvokers: invokers, maxInvokers: invokers };
    await kubernetes.patch('streambindings', name, { spec: { scaling } });
    const placed = await eventually(
      `${invokers} invokers own partitions, and no pod is left over`,
      { withinMs: 45_000 },
      async () => {
        const [binding, set] = await Promise.all([
          kubernetes.get('streambindings', name),
          kubernetes.get('statefulsets', invokerStatefulSet(name)),
        ]);
        const owning = (binding?.status?.placements ?? []).filter(({ partitions }) => partitions !== '');
        return { owning, pods: set?.status?.replicas ?? 0 };
      },
      ({ owning, pods }) => owning.length === invokers && pods === invokers,
    );
    owners.push(placed.owning.map(({ partitions }) => partitions).join(' | '));
  }
  expect(traffic.isRunning(), 'the traffic must outlast the changes').toBe(true);

  const sent = await traffic.finished;
  await drained(stage, name, input, { withinMs: 60_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);
  stage.figure(
    `partitions of 3 invokers, then of 1: ${owners.join('; ')}; ${pauseText(await recordsOf(stage, output))}`,
  );
});
