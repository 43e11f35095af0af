/** Who is asked before the kubelet's word, and when that ends. */
import { expect, it, vi } from 'vitest';
import { EarlyPods } from './early-pods.ts';

const soon = { timeout: 5_000, interval: 5 };

/** Pods whose word the test decides; how often each was asked. */
function given() {
  const says = new Set<string>();
  const asked = new Map<string, number>();
  const told: (readonly string[])[] = [];
  const early = new EarlyPods({
    isUp: async (endpoint) => {
      asked.set(endpoint, (asked.get(endpoint) ?? 0) + 1);
      return says.has(endpoint);
    },
    onUp: () => told.push(early.up),
    now: () => performance.now(),
  });
  return { says, asked, told, early };
}

it('asks who starts until one says that it takes calls, and tells it once', async () => {
  const { says, asked, told, early } = given();
  early.set(['a:1', 'b:1'], true);
  await vi.waitFor(() => expect(asked.get('b:1')).toBeGreaterThan(2), soon);
  expect(told).toEqual([]);
  says.add('b:1');
  await vi.waitFor(() => expect(told).toEqual([['b:1']]), soon);
  const times = asked.get('a:1');
  early.set(['a:1', 'b:1'], true);
  expect(early.up).toEqual(['b:1']);
  expect(asked.get('a:1')).toBe(times);
});

it('asks nobody while another takes calls', () => {
  const { asked, early } = given();
  early.set(['a:1'], false);
  expect(asked.size).toBe(0);
});

it('forgets who is called ready, ends, or is gone', async () => {
  const { says, told, early } = given();
  says.add('a:1');
  early.set(['a:1'], true);
  await vi.waitFor(() => expect(told.length).toBe(1), soon);
  early.set([], true);
  expect(early.up).toEqual([]);
  early.stop();
});

it('an answer that comes when nobody needs it any more is told to nobody', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const told: string[] = [];
  const early = new EarlyPods({ isUp: () => promise, onUp: () => told.push('up'), now: () => performance.now() });
  early.set(['a:1'], true);
  early.set([], false);
  resolve(true);
  await promise;
  await Promise.resolve();
  expect(told).toEqual([]);
  expect(early.up).toEqual([]);
});
