// Promise: an image that knows nothing of Headrace takes events one by one, in order, from zero and back; after a kill its first call waits (D1, P1, P3).
import { expect } from 'vitest';
import { functionDeployment, invokerStatefulSet } from '#api/names.ts';
import { invokerPort } from '#contract/invoker-report.ts';
import { streamBinding } from '../given/binding.ts';
import { containerFunction, enrichImage } from '../given/plain-container.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { drained, flowing } from '../then/flow.ts';
import { longestPauses } from '../then/pauses.ts';
import { jsonOf, recordsOf, sourceOf } from '../then/records.ts';
import { atZero, none, recordReplicas, some, went } from '../then/replicas.ts';
import { logOf, reports } from '../then/report.ts';
import { verdictOf } from '../then/verdict.ts';
import { killPod } from '../when/kill.ts';
import { restartGracefully } from '../when/restart.ts';

const name = 'enrich';
const partitions = 4;
const perSecond = 100;
const timeoutSeconds = 5;
/** One time-out of a call that the last owner may have left behind, and what two clocks may differ. */
const guardMs = timeoutSeconds * 1_000 + 1_000;
/** An invoker commits every 500 ms, and a commit takes its time; what settled since then may come again. */
const settledSinceCommitMs = 1_000;

scenario('D1 P1 P3: a container of the user’s own, its invoker killed under load', async ({ stage }) => {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const image = await enrichImage();
  const { input, output } = await stage.made({ input: partitions, output: partitions });
  await kubernetes.apply(
    containerFunction(name, image, { timeout: `${timeoutSeconds}s` }),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer, output: { topic: output } },
      scaling: { idleTimeout: '5s', maxInvokers: 1 },
    }),
  );
  const invoker = `${invokerStatefulSet(name)}-0`;
  const pods = recordReplicas(kubernetes, 'deployments', functionDeployment(name));
  const waitsOf = async (pod: string): Promise<number[]> => {
    const lines = (await logOf(kubernetes, pod)).filter((line) => line.includes('the first call waits'));
    return lines.map((line) => JSON.parse(line).waitMs);
  };
  const traffic = (forMs: number, firstId: number) =>
    startTraffic(stage.topics, { topic: input, perSecond, forMs, firstId });

  const orderly = traffic(5_000, 0);
  await flowing(stage, output, perSecond, { withinMs: 60_000 });
  await restartGracefully(kubernetes, invoker);
  const first = await orderly.finished;
  await drained(stage, name, input, { withinMs: 60_000 });
  expect(await waitsOf(invoker)).toEqual([]);
  expect(await verdictOf(stage, { sent: first, input, outputs: [output] })).toEqual({ problems: [], duplicates: 0 });

  const second = traffic(15_000, first.length);
  await flowing(stage, output, first.length + perSecond, { withinMs: 30_000 });
  const how = await killPod(kubernetes, invoker);
  expect(second.isRunning(), 'the traffic must outlast the kill').toBe(true);
  const areGuarded = { withinMs: 30_000 };
  const report = await reports(kubernetes, 'all its partitions as guarded', invoker, areGuarded, (now) => {
    return now.guardedPartitions.length === partitions;
  });
  expect(report).toMatchObject({ openCalls: 0, callsDone: 0, outputsWritten: 0 });
  const metrics = await kubernetes.askPod(invoker, invokerPort, '/metrics');
  expect(metrics).toMatch(new RegExp(`^headrace_guarded_partitions\\{[^}]*\\} ${partitions}$`, 'm'));
  expect(await waitsOf(invoker)).toEqual(Array(partitions).fill(guardMs));

  const sent = [...first, ...(await second.finished)];
  await drained(stage, name, input, { withinMs: 60_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBeLessThanOrEqual(partitions + (perSecond * settledSinceCommitMs) / 1_000);
  const records = await recordsOf(stage, output);
  const since = new Set(sent.slice(first.length));
  const ofSecond = records.filter((record) => since.has((jsonOf(record) as { id: string }).id));
  const pauses = longestPauses(ofSecond.map(sourceOf));
  expect(pauses.size).toBe(partitions);
  expect([...pauses.values()].filter((pauseMs) => pauseMs < guardMs)).toEqual([]);
  const types = records.map(({ headers }) => String(headers.find(([header]) => header === 'ce_type')?.[1]));
  expect(new Set(types)).toEqual(new Set(['shop.enriched']));

  await Promise.all([
    atZero(kubernetes, 'deployments', functionDeployment(name), { withinMs: 30_000 }),
    atZero(kubernetes, 'statefulsets', invokerStatefulSet(name), { withinMs: 30_000 }),
  ]);
  await pods.stop();
  expect(went(pods.seen, [none, some, none]), `function pods went ${pods.seen.join(' → ')}`).toBe(true);
  const longest = (Math.max(...pauses.values()) / 1_000).toFixed(1);
  stage.figure(`ended by ${how}: ${verdict.duplicates} repeats of ${sent.length}, longest pause ${longest} s`);
});
