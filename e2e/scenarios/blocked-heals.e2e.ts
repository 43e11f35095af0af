// Promise: under `Block` a record that cannot be done holds its partition alone, says so, and goes on when the function is mended (D1, D8, P3).
import { expect } from 'vitest';
import { streamBinding } from '../given/binding.ts';
import { copyCode, eventFunction } from '../given/function.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { says } from '../then/conditions.ts';
import { drained, flowing } from '../then/flow.ts';
import { verdictOf } from '../then/verdict.ts';

const name = 'strict';

const fussyCode = `
export default ({ data }, context) => (data.id === 'event-7' ? context.reject('not this one') : data);
`;

scenario('D1 D8 P3: a blocked partition is told, others go on, mended code frees it', async ({ stage }) => {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const { input, output } = await stage.made({ input: 4, output: 4 });
  await kubernetes.apply(
    eventFunction(name, fussyCode),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer, output: { topic: output } },
      delivery: { onExhausted: 'Block', retry: { initialBackoff: '100ms', maxBackoff: '2s' } },
    }),
  );
  const sent = await startTraffic(stage.topics, { topic: input, perSecond: 100, forMs: 3_000 }).finished;

  const blocked = await says(kubernetes, 'streambindings', name, 'Blocked', { status: 'True' }, { withinMs: 60_000 });
  expect(blocked.message).toMatch(/partition \d waits at offset \d+: .*not this one/);
  await says(kubernetes, 'streambindings', name, 'Ready', { status: 'False' }, { withinMs: 10_000 });
  // Three partitions of four hold about three quarters of the events; half of all is safely beyond one of them.
  await flowing(stage, output, sent.length / 2, { withinMs: 30_000 });
  stage.figure(blocked.message);

  await kubernetes.patch('eventfunctions', name, { spec: { code: { inline: copyCode(2) } } });

  await drained(stage, name, input, { withinMs: 90_000 });
  await says(kubernetes, 'streambindings', name, 'Blocked', { status: 'False' }, { withinMs: 30_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);
});
