/** Requests are tried again within bounds of time, never when it cannot help. */
import { describe, expect, test } from 'vitest';
import { Bell } from './bell.ts';
import { failed, ok } from './failures.ts';
import { delayMs, pause, withPatience } from './patience.ts';
import type { KafkaOutcome } from './ports.ts';

const patience = { timeoutMs: 500, firstDelayMs: 1, maxDelayMs: 8 };

test.each([
  [1, 0, 0.5],
  [1, 0.999, 1],
  [3, 0, 2],
  [4, 1, 8],
  [40, 1, 8],
  [4_000, 0, 4],
])('the delay after try %i with chance %f is about %f ms', (attempt, chance, expected) => {
  expect(delayMs(attempt, patience, chance)).toBeCloseTo(expected, 2);
});

describe('an attempt', () => {
  const failing = (times: number, retriable: boolean) => {
    let tries = 0;
    const attempt = async (): Promise<KafkaOutcome<number>> => {
      tries += 1;
      return tries > times ? ok(tries) : failed('X', '', retriable);
    };
    return { attempt, tries: () => tries };
  };

  test('is repeated while it may pass', async () => {
    const { attempt } = failing(3, true);
    expect(await withPatience(attempt, patience)).toEqual(ok(4));
  });

  test('is not repeated when it cannot', async () => {
    const { attempt, tries } = failing(3, false);
    expect(await withPatience(attempt, patience)).toMatchObject({ kind: 'failed' });
    expect(tries()).toBe(1);
  });

  test('ends with the last failure when time is up', async () => {
    const began = performance.now();
    const { attempt } = failing(Number.POSITIVE_INFINITY, true);
    expect(await withPatience(attempt, { ...patience, timeoutMs: 60 })).toMatchObject({ code: 'X' });
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('ends when it is called off', async () => {
    const off = new AbortController();
    const { attempt, tries } = failing(Number.POSITIVE_INFINITY, true);
    const patient = withPatience(attempt, { timeoutMs: 60_000, firstDelayMs: 60_000, maxDelayMs: 60_000 }, off.signal);
    off.abort();
    expect(await patient).toMatchObject({ code: 'X' });
    expect(tries()).toBeLessThanOrEqual(2);
  });
});

test('a bell that rang before the wait ends it at once, one time', async () => {
  const bell = new Bell();
  bell.ring();
  await bell.wait(60_000);
  const second = bell.wait(60_000).then(() => 'woken');
  expect(await Promise.race([second, pause(20).then(() => 'waiting')])).toBe('waiting');
  bell.ring();
  expect(await second).toBe('woken');
});
