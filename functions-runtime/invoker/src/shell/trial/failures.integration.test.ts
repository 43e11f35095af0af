/** Functions that fail, refuse or are away: who is charged, who waits, what is dead-lettered, and that the partition keeps its order. */
import { describe, expect, it } from 'vitest';
import { resultContentType } from '#contract/call.ts';
import { type Behaviour, echo, type FunctionAnswer, outputOf, type SeenEvent } from './function-server.ts';
import { stage } from './stage.ts';

const on = stage();
const numberOf = (event: SeenEvent): number => (event.data as { n: number }).n;
const results = (list: readonly unknown[]): FunctionAnswer => ({
  status: 200,
  headers: { 'content-type': resultContentType },
  body: JSON.stringify({ results: list }),
});

describe('a function that is not there', () => {
  it('is waited for: no attempt, no dead letter, the report says so, and all flows when it comes', async () => {
    const server = await on.server();
    const scene = await on.scene({ endpoints: [server.endpoint], deadLetters: true });
    const invoker = await scene.invoker();
    await scene.send(0, 100);
    await scene.untilOut(100);
    await server.stop();
    await scene.send(100, 100);
    await invoker.until('it says so', async () => !(await invoker.report()).functionAvailable);
    await invoker.until('it waits', async () => (await invoker.report()).waitingRetries === 4);
    await server.start();
    await scene.untilOut(200);
    expect(scene.verdict(200)).toEqual({ lost: [], repeated: 0, swapped: [] });
    expect(server.calls.every(({ attempt }) => attempt === 1)).toBe(true);
    expect(scene.deadLetters?.records).toEqual([]);
    expect((await invoker.report()).functionAvailable).toBe(true);
  });

  it('or not well (503 with Retry-After, 429, 423): waited for, in order, without an attempt', async () => {
    const refusals: FunctionAnswer[] = [
      { status: 503, headers: { 'retry-after': '1' } },
      { status: 429 },
      { status: 423, headers: { 'headrace-refused': 'busy' } },
    ];
    const server = await on.server((call) => refusals.shift() ?? echo(call));
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
    await scene.invoker();
    await scene.send(0, 50);
    await scene.untilOut(50);
    expect(scene.verdict(50)).toEqual({ lost: [], repeated: 0, swapped: [] });
    expect(server.calls.map(({ attempt }) => attempt).every((attempt) => attempt === 1)).toBe(true);
    expect(server.calls[1]!.beganAtMs - server.calls[0]!.beganAtMs).toBeGreaterThanOrEqual(990);
  });
});

describe('a record that fails', () => {
  const poison = new Set([7, 23]);
  const poisoned: Behaviour = (call) =>
    call.events.some((event) => poison.has(numberOf(event))) ? { status: 500, body: 'cannot' } : echo(call);

  it('D3 D7: is found by smaller batches, tried maxAttempts times, dead-lettered as it was; the others pass in order', async () => {
    const server = await on.server(poisoned);
    const scene = await on.scene({ partitions: 2, endpoints: [server.endpoint], deadLetters: true });
    await scene.invoker();
    await scene.send(0, 60);
    await scene.untilOut(58);
    const { lost, swapped } = scene.verdict(60);
    expect({ lost, swapped }).toEqual({ lost: [7, 23], swapped: [] });
    const letters = scene.deadLetters!.records.map(({ key, value, headers }) => ({
      key: String(key),
      value: JSON.parse(String(value)),
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
    }));
    expect(letters.map(({ value }) => value.n).sort((a, b) => a - b)).toEqual([7, 23]);
    for (const { key, value, headers } of letters) {
      expect(key).toBe(`key-${value.n % 2}`);
      expect(headers).toMatchObject({
        knativeerrordest: 'trial/f',
        knativeerrorcode: '500',
        'headrace-reason': expect.stringContaining('cannot'),
        'headrace-attempts': '5',
        'headrace-origin-topic': scene.input,
        'headrace-origin-partition': '1',
        'headrace-origin-offset': String((value.n - 1) / 2),
      });
    }
  });

  it('is rejected by a verdict: dead-lettered at once, without a second call', async () => {
    const server = await on.server(({ events }) =>
      results(
        events.map((event) =>
          numberOf(event) === 5
            ? { status: 'reject', reason: 'no price' }
            : { status: 'ok', outputs: [outputOf(event)] },
        ),
      ),
    );
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], deadLetters: true });
    const invoker = await scene.invoker();
    await scene.send(0, 20);
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 20);
    await scene.untilOut(19);
    expect(scene.verdict(20)).toEqual({ lost: [5], repeated: 0, swapped: [] });
    expect(server.calls.flatMap(({ events }) => events.map(numberOf)).filter((n) => n === 5)).toEqual([5]);
    expect(await invoker.report()).toMatchObject({ deadLettersWritten: 1, outputsWritten: 19 });
  });

  it('that does not fit the declared format never reaches the function, and ends as a dead letter with the reason', async () => {
    const server = await on.server();
    const scene = await on.scene({
      partitions: 1,
      endpoints: [server.endpoint],
      deadLetters: true,
      source: { format: 'Json' },
    });
    const invoker = await scene.invoker();
    const values = ['{"n":0}', '1},{"specversion":"1.0","id":"forged","source":"/","type":"t"', '{"n":2}'];
    await on.judge.send(
      scene.input,
      values.map((value) => ({ partition: 0, value })),
    );
    await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 3);
    await scene.untilOut(2);
    expect(server.calls.flatMap(({ events }) => events.map(({ id }) => id))).toEqual([
      `${scene.input}/0/0`,
      `${scene.input}/0/2`,
    ]);
    await invoker.until('the letter is there', () => scene.deadLetters!.records.length === 1);
    const [letter] = scene.deadLetters!.records;
    expect(String(letter!.value)).toBe(values[1]);
    expect(String(letter!.headers['headrace-reason'])).toContain('does not fit format Json');
  });
});

describe('the memory of failures', () => {
  it('D6: keeps its attempts and its first failure across SIGKILL and a graceful restart', async () => {
    let heals = false;
    const server = await on.server((call) => (heals ? echo(call) : { status: 500, body: 'not yet' }));
    const retry = { maxAttempts: 50, initialBackoffMs: 30, maxBackoffMs: 60, maxAgeMs: 600_000 };
    const delivery = { retry, onExhausted: 'Block' } as const;
    const env = { HEADRACE_COMMIT_INTERVAL_MS: '20' };
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], contract: { delivery }, env });
    let invoker = await scene.invoker();
    await scene.send(0, 1);
    const attempts = (): number => server.calls.at(-1)?.attempt ?? 0;
    await invoker.until('it was tried', () => attempts() >= 4);
    await invoker.kill();
    const before = attempts();
    invoker = await scene.invoker();
    await invoker.until('it is tried again', () => attempts() > before + 2);
    // The unclean take-over is charged, too: it may have been this record that killed the invoker.
    const sequence = server.calls.map(({ attempt }) => attempt);
    expect(sequence).toEqual(sequence.toSorted((a, b) => a - b));
    await invoker.end();
    const then = attempts();
    invoker = await scene.invoker();
    await invoker.until('it is tried once more', () => attempts() > then);
    expect(attempts()).toBe(then + 1);
    heals = true;
    await scene.untilOut(1);
  });
});
