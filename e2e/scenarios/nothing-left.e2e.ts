// Promise: a deleted binding and function leave nothing behind, however Kafka fares; the topics are the user's and stay.
import { expect } from 'vitest';
import { copying, name } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { childKinds, childrenOf } from '../then/children.ts';
import { eventually } from '../then/eventually.ts';

scenario('deleting binding and function leaves no children', async ({ stage }) => {
  const { kubernetes, topics } = stage;
  const { input } = await copying(stage, { invokers: 1 });
  const sent = await startTraffic(topics, { topic: input, perSecond: 100, forMs: 1_000 }).finished;
  const left = async () => [...(await childrenOf(kubernetes)).keys()];
  expect((await left()).length).toBeGreaterThan(childKinds.length);

  await kubernetes.remove('streambindings', name);
  await kubernetes.remove('eventfunctions', name);

  await eventually('no child is left', { withinMs: 60_000 }, left, (children) => children.length === 0);
  expect(await topics.ends(input)).toBe(sent.length);
});
