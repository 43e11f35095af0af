/** Everything around the invokers that fails: the broker, the function, its pods, records; on a real broker with real invokers and hosts. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Broker } from '../cluster/broker.ts';
import { startFaultyBroker } from './ground.ts';
import {
  abortedTransactions,
  brokerRestarted,
  type Ended,
  functionFails,
  hostKilled,
  killerRecord,
  poisonEverywhere,
  slowAnswers,
} from './scenarios.ts';

let broker: Broker;
beforeAll(async () => {
  broker = await startFaultyBroker();
});
afterAll(() => broker?.dispose());

function valid({ report, text }: Ended): Ended['report']['tallies'] {
  expect(report.verdict, text).toBe('valid');
  return report.tallies;
}

it('D1 D3 D4 D5 P3: the broker restarted in order, then killed', async () => {
  expect(valid(await brokerRestarted(broker)).commits).toBeGreaterThan(8);
});

it('D1 P1: function pods killed', async () => {
  expect(valid(await hostKilled(broker)).uncleanTakeOvers).toBe(0);
});

it('D6: the function fails at everything: nothing but the poison is dead-lettered, and nothing is repeated', async () => {
  expect(valid(await functionFails(broker))).toMatchObject({ repeated: 0, uncleanTakeOvers: 0 });
});

it('D6 D8: poison in every partition is dead-lettered in bounded time, and nothing else is', async () => {
  expect(valid(await poisonEverywhere(broker)).deadLetters).toBeGreaterThanOrEqual(14);
});

it('P1 D6: calls that hang, end late, or are slow', async () => {
  expect(valid(await slowAnswers(broker)).deadLetters).toBe(3);
});

it('D1 D10: aborted transactions are never seen, and the lag still reaches zero', async () => {
  expect(valid(await abortedTransactions(broker)).records).toBeGreaterThan(1_000);
});

it('D6: a record that kills the invoker is found by its deaths and ends as a dead letter; nothing else does', async () => {
  const { deadLetters, uncleanTakeOvers } = valid(await killerRecord(broker));
  expect(deadLetters).toBe(1);
  expect(uncleanTakeOvers).toBeGreaterThan(2);
}, 240_000);
