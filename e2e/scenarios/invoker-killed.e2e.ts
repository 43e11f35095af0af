// Promise: an invoker that dies under load loses nothing and reorders nothing; what it repeats is bounded (D1, D5, P3).
import { expect } from 'vitest';
import { invokerStatefulSet } from '#api/names.ts';
import { copying, maxRecords, name, partitions } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { drained, flowing } from '../then/flow.ts';
import { pauseText } from '../then/pauses.ts';
import { recordsOf } from '../then/records.ts';
import { verdictOf } from '../then/verdict.ts';
import { killPod } from '../when/kill.ts';

const perSecond = 400;
/** An invoker commits every 500 ms, and a commit takes its time; what settled since then may come again. */
const settledSinceCommitMs = 1_000;

scenario('D1 D5 P3: an invoker killed under load', async ({ stage }) => {
  const { input, output } = await copying(stage, { invokers: 2 });
  const traffic = startTraffic(stage.topics, { topic: input, perSecond, forMs: 25_000 });
  await flowing(stage, output, 5 * perSecond, { withinMs: 30_000 });

  const how = await killPod(stage.kubernetes, `${invokerStatefulSet(name)}-0`);
  expect(traffic.isRunning(), 'the traffic must outlast the kill').toBe(true);

  const sent = await traffic.finished;
  await drained(stage, name, input, { withinMs: 60_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  const ownedPartitions = partitions / 2;
  const settled = (perSecond * settledSinceCommitMs) / 1000;
  expect(verdict.duplicates).toBeLessThanOrEqual(ownedPartitions * maxRecords + settled);
  const pause = pauseText(await recordsOf(stage, output));
  stage.figure(`invoker 0 of 2 ended by ${how}: ${verdict.duplicates} repeats of ${sent.length}, ${pause}`);
});
