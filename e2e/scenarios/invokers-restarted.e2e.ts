// Promise: invokers that restart in order, one after another under load, lose, reorder and repeat nothing (D1, D5, P3).
import { expect } from 'vitest';
import { invokerStatefulSet } from '#api/names.ts';
import { copying, name } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { drained, flowing } from '../then/flow.ts';
import { pauseText } from '../then/pauses.ts';
import { recordsOf } from '../then/records.ts';
import { verdictOf } from '../then/verdict.ts';
import { restartGracefully } from '../when/restart.ts';

const perSecond = 400;

scenario('D1 D5 P3: invokers restarted gracefully under load repeat nothing', async ({ stage }) => {
  const { input, output } = await copying(stage, { invokers: 2 });
  const traffic = startTraffic(stage.topics, { topic: input, perSecond, forMs: 30_000 });
  await flowing(stage, output, 3 * perSecond, { withinMs: 30_000 });

  for (const ordinal of [0, 1]) {
    await restartGracefully(stage.kubernetes, `${invokerStatefulSet(name)}-${ordinal}`);
    expect(traffic.isRunning(), 'the traffic must outlast the restarts').toBe(true);
  }

  const sent = await traffic.finished;
  await drained(stage, name, input, { withinMs: 60_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);
  stage.figure(`2 invokers restarted one after the other: ${pauseText(await recordsOf(stage, output))}`);
});
