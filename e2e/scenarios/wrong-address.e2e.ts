// Promise: a wrong broker address or a missing topic becomes a condition with the next step, and other bindings go on.
import { expect } from 'vitest';
import { streamBinding } from '../given/binding.ts';
import { copyCode, eventFunction } from '../given/function.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { says } from '../then/conditions.ts';
import { drained } from '../then/flow.ts';
import { verdictOf } from '../then/verdict.ts';

scenario('a wrong broker address and a missing topic are told, other bindings go on', async ({ stage }) => {
  const { kubernetes, namespace, bootstrapInCluster: bootstrapServer } = stage;
  const { input, output } = await stage.made({ input: 4, output: 4 });
  const missing = `${namespace}.missing`;
  await kubernetes.apply(
    eventFunction('copy', copyCode(1)),
    streamBinding('lost', {
      topic: input,
      functionName: 'copy',
      bootstrapServer: 'kafka.nowhere.svc.cluster.local:9092',
    }),
    streamBinding('closed', { topic: input, functionName: 'copy', bootstrapServer: '127.0.0.1:9' }),
    streamBinding('topicless', { topic: missing, functionName: 'copy', bootstrapServer }),
    streamBinding('outputless', { topic: input, functionName: 'copy', bootstrapServer, output: { topic: missing } }),
    streamBinding('sound', { topic: input, functionName: 'copy', bootstrapServer, output: { topic: output } }),
  );

  await says(kubernetes, 'streambindings', 'sound', 'Ready', { status: 'True' }, { withinMs: 60_000 });
  const sent = await startTraffic(stage.topics, { topic: input, perSecond: 100, forMs: 3_000 }).finished;
  await drained(stage, 'sound', input, { withinMs: 60_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);

  for (const [name, type, named] of [
    ['lost', 'SourceReachable', 'kafka.nowhere.svc'],
    ['closed', 'SourceReachable', '127.0.0.1:9'],
    ['topicless', 'TopicReady', missing],
    ['outputless', 'TopicReady', missing],
  ] as const) {
    const condition = await says(kubernetes, 'streambindings', name, type, { status: 'False' }, { withinMs: 60_000 });
    expect(condition.message, `${name} names what is wrong`).toContain(named);
    await says(kubernetes, 'streambindings', name, 'Ready', { status: 'False' }, { withinMs: 10_000 });
    stage.figure(`${name}: ${condition.reason}: ${condition.message}`);
  }
});
