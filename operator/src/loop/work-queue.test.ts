// The work queue: no key twice at once, no key lost, waits as promised; time comes from the test.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type QueueLimits, type Timers, type WorkQueue, workQueue } from './work-queue.ts';

/** Time that moves only when told. */
class ManualTime implements Timers {
  #nowMs = 1_000;
  #waiting: { readonly dueMs: number; readonly act: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, act: () => void): () => void {
    const entry = { dueMs: this.#nowMs + ms, act };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#waiting.filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.act();
    }
    this.#nowMs = untilMs;
  }
}

const limits: QueueLimits = { initialBackoffMs: 100, maxBackoffMs: 1_000, spacingMs: 0 };

function start(changed: Partial<QueueLimits> = {}): { queue: WorkQueue; time: ManualTime } {
  const time = new ManualTime();
  return { queue: workQueue(time, { ...limits, ...changed }), time };
}

/** What can be taken now, in order; nothing is marked as done. */
async function takeAll(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.depth > 0) keys.push((await queue.take()) as string);
  return keys;
}

test('a key that is added many times is worked on once, in the order of its first addition', async () => {
  const { queue } = start();
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
  expect(await takeAll(queue)).toEqual(['a', 'b']);
});

test('added while it is worked on: not at once, but once more afterwards', async () => {
  const { queue } = start();
  queue.add('a');
  await queue.take();
  queue.add('a');
  queue.add('a');
  expect(queue.depth).toBe(0);
  queue.done('a');
  expect(await takeAll(queue)).toEqual(['a']);
  queue.done('a');
  expect(queue.depth).toBe(0);
});

test('a taker that waits gets the next key', async () => {
  const { queue } = start();
  const taken = queue.take();
  queue.add('a');
  expect(await taken).toBe('a');
});

test('of several delays the earliest counts, and being worked on fulfils them all', async () => {
  const { queue, time } = start();
  queue.addAfter('a', 500);
  queue.addAfter('a', 200);
  queue.addAfter('a', 900);
  time.pass(199);
  expect(queue.depth).toBe(0);
  time.pass(1);
  expect(await takeAll(queue)).toEqual(['a']);
  queue.done('a');
  time.pass(5_000);
  expect(queue.depth).toBe(0);
});

test('adding now overtakes a delay', async () => {
  const { queue, time } = start();
  queue.addAfter('a', 500);
  queue.add('a');
  expect(await takeAll(queue)).toEqual(['a']);
  queue.done('a');
  time.pass(1_000);
  expect(queue.depth).toBe(0);
});

test('failures in a row wait twice as long each time up to the bound; success forgets them', async () => {
  const { queue } = start();
  expect([1, 2, 3, 4, 5, 6].map(() => queue.retry('a'))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  queue.forget('a');
  expect(queue.retry('a')).toBe(100);
  expect(queue.retry('b')).toBe(100);
});

test('starts of the same key are apart: changes in between are worked on together', async () => {
  const { queue, time } = start({ spacingMs: 50 });
  queue.add('a');
  await queue.take();
  queue.done('a');
  for (let n = 0; n < 10; n += 1) queue.add('a');
  queue.add('b');
  expect(await takeAll(queue)).toEqual(['b']);
  time.pass(50);
  expect(await takeAll(queue)).toEqual(['a']);
});

test('closed: takers get nothing, and nothing is added any more', async () => {
  const { queue, time } = start();
  const taken = queue.take();
  queue.addAfter('a', 10);
  queue.close();
  expect(await taken).toBeUndefined();
  queue.add('b');
  time.pass(100);
  expect(queue.depth).toBe(0);
  expect(await queue.take()).toBeUndefined();
});

test('whatever happens, no key is worked on twice at once and none that was added stays undone', async () => {
  const keys = fc.constantFrom('a', 'b', 'c');
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key: keys }),
    fc.record({ do: fc.constant('later' as const), key: keys, ms: fc.integer({ min: 0, max: 300 }) }),
    fc.record({ do: fc.constant('retry' as const), key: keys }),
    fc.record({ do: fc.constant('take' as const) }),
    fc.record({ do: fc.constant('done' as const), key: keys }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 200 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 50), async (steps, spacingMs) => {
      const { queue, time } = start({ spacingMs });
      const working = new Set<string>();
      const owed = new Set<string>();
      const take = async (): Promise<void> => {
        const key = (await queue.take()) as string;
        expect(working.has(key)).toBe(false);
        working.add(key);
        owed.delete(key);
      };
      for (const action of steps) {
        if (action.do === 'add') queue.add(action.key);
        if (action.do === 'later') queue.addAfter(action.key, action.ms);
        if (action.do === 'retry') queue.retry(action.key);
        if (action.do === 'add' || action.do === 'later' || action.do === 'retry') owed.add(action.key);
        if (action.do === 'pass') time.pass(action.ms);
        if (action.do === 'take' && queue.depth > 0) await take();
        if (action.do === 'done' && working.delete(action.key)) queue.done(action.key);
      }
      for (const key of working) queue.done(key);
      working.clear();
      for (let round = 0; round < 20; round += 1) {
        time.pass(2_000);
        while (queue.depth > 0) await take();
        for (const key of working) queue.done(key);
        working.clear();
      }
      expect([...owed]).toEqual([]);
      expect(queue.depth).toBe(0);
    }),
  );
});
