// Promise: the streams do not need the operator: it is killed and kept away under load, and records flow on (D1, P3).
import { expect } from 'vitest';
import { headraceNamespace } from '../cluster/install.ts';
import { copying, name } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { says } from '../then/conditions.ts';
import { drained, flowing } from '../then/flow.ts';
import { verdictOf } from '../then/verdict.ts';
import { withoutOperator } from '../when/operator.ts';

const perSecond = 300;

scenario('D1 P3: the operator killed under load, the data plane unaffected', async ({ stage }) => {
  const { kubernetes, topics } = stage;
  const { input, output } = await copying(stage);
  const traffic = startTraffic(stage.topics, { topic: input, perSecond, forMs: 25_000 });
  await flowing(stage, output, 2 * perSecond, { withinMs: 30_000 });

  await withoutOperator(stage.in(headraceNamespace), async (how) => {
    // Five more seconds of traffic pass while nobody is there; were the streams to need the operator, they would stop here.
    const inputsBefore = await topics.ends(input);
    await flowing(stage, input, inputsBefore + 5 * perSecond, { withinMs: 20_000 });
    await flowing(stage, output, inputsBefore + 4 * perSecond, { withinMs: 5_000 });
    stage.figure(`operator ended by ${how}; outputs kept up while it was away`);
  });
  expect(traffic.isRunning(), 'the traffic must outlast the absence').toBe(true);

  const sent = await traffic.finished;
  await drained(stage, name, input, { withinMs: 30_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);
  // And it takes up its work again: a change is followed.
  await kubernetes.patch('streambindings', name, { spec: { suspend: true } });
  await says(kubernetes, 'streambindings', name, 'Suspended', { status: 'True' }, { withinMs: 30_000 });
});
