// Promise: what a function answers goes to the topic of its type: rejected events have one of their own, none are failures (D4).
import { expect } from 'vitest';
import { streamBinding } from '../given/binding.ts';
import { eventFunction } from '../given/function.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { drained } from '../then/flow.ts';
import { jsonOf, recordsOf } from '../then/records.ts';
import { verdictOf } from '../then/verdict.ts';

const name = 'validate';
const isRejected = (id: string): boolean => Number(id.slice('event-'.length)) % 5 === 0;

const code = `
export default ({ data }, context) => {
  const rejected = Number(data.id.slice('event-'.length)) % 5 === 0;
  return context.event({ type: rejected ? 'bid.rejected' : 'bid.placed', data });
};
`;

scenario('D4: rejected events go to the topic of their route', async ({ stage }) => {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const { input, output, rejected, dead } = await stage.made({ input: 8, output: 8, rejected: 2, dead: 1 });
  await kubernetes.apply(
    eventFunction(name, code),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer },
      output: { topic: output, routes: [{ type: 'bid.rejected', topic: rejected }] },
      delivery: { deadLetter: { topic: dead } },
    }),
  );
  const sent = await startTraffic(stage.topics, { topic: input, perSecond: 200, forMs: 4_000 }).finished;
  await drained(stage, name, input, { withinMs: 90_000 });

  const verdict = await verdictOf(stage, { sent, input, outputs: [output, rejected] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);
  const ids = (await recordsOf(stage, rejected)).map((record) => (jsonOf(record) as { id: string }).id);
  expect([...ids].sort()).toEqual(sent.filter(isRejected).sort());
  expect(await stage.topics.ends(dead)).toBe(0);
});
