/** Invokers that end or stop, in order and out of it, on a real broker with real hosts: what each may repeat, and that none loses or swaps. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Broker } from '../cluster/broker.ts';
import { startFaultyBroker } from './ground.ts';
import { ahead, type Ended, killed, paused, restarted, scaled } from './scenarios.ts';

let broker: Broker;
beforeAll(async () => {
  broker = await startFaultyBroker();
});
afterAll(() => broker?.dispose());

function valid({ report, text }: Ended): Ended['report']['tallies'] {
  expect(report.verdict, text).toBe('valid');
  return report.tallies;
}

it('D1 D2 D5 D6 P1 P2 P3: SIGKILL, twice', async () => {
  expect(valid(await killed(broker)).uncleanTakeOvers).toBeGreaterThan(4);
});

it('D1 D2 D6 P1 P2 P3: SIGKILL of a host and of an invoker, while calls wait at hosts with one slot', async () => {
  expect(valid(await ahead(broker)).uncleanTakeOvers).toBeGreaterThan(1);
});

it('D1 D2 P1: SIGSTOP past the session; on waking no call and no commit', async () => {
  expect(valid(await paused(broker)).uncleanTakeOvers).toBeGreaterThan(3);
});

it('D5: restarts in order repeat nothing', async () => {
  expect(valid(await restarted(broker))).toMatchObject({ repeated: 0, uncleanTakeOvers: 0 });
});

it('D5: one, four, two invokers: nothing is repeated', async () => {
  const { repeated, uncleanTakeOvers, takeOvers } = valid(await scaled(broker));
  expect({ repeated, uncleanTakeOvers }).toEqual({ repeated: 0, uncleanTakeOvers: 0 });
  expect(takeOvers).toBeGreaterThan(8 + 6);
});
