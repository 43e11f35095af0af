// Who waits for a slot gets it in the order of coming, or hears in time that it gets none.
import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('gives turns in the order of coming, one for each free slot', async () => {
  const turns = new Turns(10);
  const order: string[] = [];
  const waiting = ['a', 'b', 'c'].map(async (name) => {
    if (await turns.wait(10_000)) order.push(name);
  });
  turns.next();
  turns.next();
  await Promise.all(waiting.slice(0, 2));
  expect(order).toEqual(['a', 'b']);
  turns.next();
  await waiting[2];
  expect(order).toEqual(['a', 'b', 'c']);
});

it('keeps nobody for more than a tenth of its time, and passes over who has gone', async () => {
  const turns = new Turns(10);
  expect(await turns.wait(50)).toBe(false);
  const patient = turns.wait(10_000);
  turns.next();
  expect(await patient).toBe(true);
});

it('lets no more than so many wait', async () => {
  const turns = new Turns(1);
  const first = turns.wait(10_000);
  expect(await turns.wait(10_000)).toBe(false);
  turns.next();
  expect(await first).toBe(true);
});
