// Promise: a function pod that dies under load loses, reorders and repeats no output: its open calls go to another pod (D1, P3).
import { expect } from 'vitest';
import { labels } from '#api/names.ts';
import { copying, name } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { drained, flowing } from '../then/flow.ts';
import { verdictOf } from '../then/verdict.ts';
import { killPod } from '../when/kill.ts';

const perSecond = 400;

scenario('D1 P3: a function pod killed under load', async ({ stage }) => {
  const { input, output } = await copying(stage, { functionPods: 2 });
  const traffic = startTraffic(stage.topics, { topic: input, perSecond, forMs: 20_000 });
  await flowing(stage, output, 4 * perSecond, { withinMs: 30_000 });

  const [pod] = await stage.kubernetes.list('pods', `${labels.function}=${name},${labels.component}=function`);
  const how = await killPod(stage.kubernetes, pod?.metadata.name ?? '(none)');
  expect(traffic.isRunning(), 'the traffic must outlast the kill').toBe(true);

  const sent = await traffic.finished;
  await drained(stage, name, input, { withinMs: 60_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  // Outputs are written by the invoker, after the whole answer: a broken call has written none.
  expect(verdict.duplicates).toBe(0);
  stage.figure(`1 of 2 function pods ended by ${how}: ${verdict.duplicates} repeats of ${sent.length}`);
});
