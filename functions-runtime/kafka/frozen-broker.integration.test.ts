/** A broker that freezes: how long a member may think that it still owns, by its own clock. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Broker, startBroker } from '../../e2e/cluster/broker.ts';
import { givenMember, newGroup, sessionTimeoutMs } from './given-members.ts';
import { eventually, givenTopic } from './given-topics.ts';

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker({ sessionTimeoutMs });
});
afterAll(() => broker?.dispose());

test('P1 a frozen broker: the session ends by our own clock, before others can own anything', async () => {
  const topic = await givenTopic(broker.bootstrap, { partitions: 2 });
  const a = givenMember(broker.bootstrap, { group: newGroup(), topic, name: 'pod-0' });
  onTestFinished(() => a.crash());
  await eventually('a hold of all', () => a.membership.owned.size === 2);
  a.clear();
  const frozen = performance.now();
  await broker.pause();
  try {
    await eventually('the end of the session', () => a.did('lost').length === 2);
    const tookMs = Math.max(...a.notes.map(({ atMs }) => atMs)) - frozen;
    expect(a.membership.isCurrent()).toBe(false);
    expect(a.notes.every(({ reason }) => reason === 'session-expired')).toBe(true);
    expect(tookMs).toBeGreaterThan(sessionTimeoutMs - 1_000);
    expect(tookMs).toBeLessThan(sessionTimeoutMs + 200);
  } finally {
    broker.resume();
  }
  await eventually('a hold of all', () => a.membership.owned.size === 2);
  expect(a.membership.isCurrent()).toBe(true);
});
