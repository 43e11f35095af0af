// Workers and outcomes: done, again, failed, thrown; side by side over keys, never over the same key.
import { expect, test, vi } from 'vitest';
import { type Finished, type Outcome, startController } from './controller.ts';
import { realTimers } from './timers.ts';
import { workQueue } from './work-queue.ts';

const limits = { initialBackoffMs: 10, maxBackoffMs: 40, spacingMs: 0 };

function start(reconcile: (key: string) => Promise<Outcome>, workers = 2) {
  const queue = workQueue(realTimers, limits);
  const finished: Finished[] = [];
  const { nowMs } = realTimers;
  const onFinished = (one: Finished): void => void finished.push(one);
  const controller = startController({ queue, workers, reconcile, onFinished, nowMs });
  return { queue, controller, finished };
}

test('a failure is tried again after a growing wait until it succeeds, and a throw is a failure told as a bug', async () => {
  const outcomes: (Outcome | Error)[] = [{ kind: 'failed', message: 'busy' }, new Error('bug'), { kind: 'done' }];
  const { queue, controller, finished } = start(async () => {
    const outcome = outcomes.shift() ?? { kind: 'done' };
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  queue.add('a');
  await vi.waitFor(() => expect(finished).toHaveLength(3));
  expect(finished.map(({ outcome, retryMs }) => [outcome.kind, retryMs])).toEqual([
    ['failed', 10],
    ['failed', 20],
    ['done', undefined],
  ]);
  expect(finished[1]?.thrown).toBeInstanceOf(Error);
  await controller.stop();
});

test('again: looked at after that time', async () => {
  let runs = 0;
  const { queue, controller, finished } = start(async () => {
    runs += 1;
    return runs === 1 ? { kind: 'again', afterMs: 30 } : { kind: 'done' };
  });
  queue.add('a');
  await vi.waitFor(() => expect(finished).toHaveLength(2));
  await controller.stop();
});

test('two keys at a time with two workers, and stop waits for both', async () => {
  const gates = new Map<string, () => void>();
  const { queue, controller, finished } = start(async (key) => {
    await new Promise<void>((resolve) => gates.set(key, resolve));
    return { kind: 'done' };
  });
  for (const key of ['a', 'b', 'c']) queue.add(key);
  await vi.waitFor(() => expect([...gates.keys()]).toEqual(['a', 'b']));
  expect(controller.busySinceMs).toBeLessThanOrEqual(performance.now());
  const stopping = controller.stop();
  for (const open of gates.values()) open();
  await stopping;
  expect(finished.map(({ key }) => key).sort()).toEqual(['a', 'b']);
  expect(controller.busySinceMs).toBeUndefined();
});
