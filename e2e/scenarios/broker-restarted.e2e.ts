// Promise: a broker that restarts under load stops the streams for that time and nothing else (D1, D4, P3).
import { expect } from 'vitest';
import { kafkaNamespace } from '../cluster/kafka.ts';
import { copying, maxRecords, name, partitions } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { drained, flowing } from '../then/flow.ts';
import { pauseText } from '../then/pauses.ts';
import { recordsOf } from '../then/records.ts';
import { verdictOf } from '../then/verdict.ts';
import { restartGracefully } from '../when/restart.ts';

const perSecond = 300;

scenario('D1 D4 P3: the broker restarted under load', async ({ stage }) => {
  const { input, output } = await copying(stage);
  const traffic = startTraffic(stage.topics, { topic: input, perSecond, forMs: 30_000 });
  await flowing(stage, output, 3 * perSecond, { withinMs: 30_000 });

  await restartGracefully(stage.in(kafkaNamespace), 'kafka-0');

  const sent = await traffic.finished;
  await drained(stage, name, input, { withinMs: 90_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  // Where the broker stays away longer than a session, open batches come again as after a crash; else nothing does.
  expect(verdict.duplicates).toBeLessThanOrEqual(partitions * maxRecords);
  stage.figure(`${pauseText(await recordsOf(stage, output))}, ${verdict.duplicates} repeats of ${sent.length}`);
});
