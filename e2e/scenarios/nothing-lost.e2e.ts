// Promise: under steady traffic every record arrives once, and outputs keep the order of inputs (D1, P1, P3).
import { expect } from 'vitest';
import { copying, name } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { drained } from '../then/flow.ts';
import { verdictOf } from '../then/verdict.ts';

scenario('D1 P1 P3: steady traffic arrives whole, once and in order', async ({ stage }) => {
  const { input, output } = await copying(stage);

  const traffic = startTraffic(stage.topics, { topic: input, perSecond: 400, forMs: 20_000 });
  const sent = await traffic.finished;

  await drained(stage, name, input, { withinMs: 30_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);
});
