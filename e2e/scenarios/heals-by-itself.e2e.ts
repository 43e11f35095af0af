// Promise: a binding that comes before its function and its topics says what it waits for, and heals when they appear.
import { expect } from 'vitest';
import { streamBinding } from '../given/binding.ts';
import { copyCode, eventFunction } from '../given/function.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { says } from '../then/conditions.ts';
import { drained } from '../then/flow.ts';
import { verdictOf } from '../then/verdict.ts';

const name = 'early';

scenario('a binding before its function and its topics heals by itself', async ({ stage }) => {
  const { kubernetes, namespace, topics, bootstrapInCluster: bootstrapServer } = stage;
  const [input, output] = [`${namespace}.input`, `${namespace}.output`];

  await kubernetes.apply(streamBinding(name, { topic: input, bootstrapServer, output: { topic: output } }));
  const without = await says(
    kubernetes,
    'streambindings',
    name,
    'FunctionAvailable',
    { status: 'False' },
    {
      withinMs: 30_000,
    },
  );
  expect(without.message).toContain(name);
  const topicless = await says(
    kubernetes,
    'streambindings',
    name,
    'TopicReady',
    { status: 'False' },
    { withinMs: 60_000 },
  );
  expect(topicless.message).toContain(input);
  await says(kubernetes, 'streambindings', name, 'Ready', { status: 'False' }, { withinMs: 10_000 });

  await kubernetes.apply(eventFunction(name, copyCode(1)));
  await topics.create({ [input]: 4, [output]: 4 });

  await says(kubernetes, 'streambindings', name, 'Ready', { status: 'True' }, { withinMs: 60_000 });
  const sent = await startTraffic(topics, { topic: input, perSecond: 100, forMs: 3_000 }).finished;
  await drained(stage, name, input, { withinMs: 60_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
});
