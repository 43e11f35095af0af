/** One record that holds its partition: a person skips just that one, or has it tried at once, on a live group; whoever owns the partition does it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Behaviour, echo, type SeenEvent } from './function-server.ts';
import type { SceneWish } from './scene.ts';
import { stage } from './stage.ts';

const on = stage();
const numberOf = (event: SeenEvent): number => (event.data as { n: number }).n;
const refusing =
  (bad: ReadonlySet<number>): Behaviour =>
  (call) =>
    call.events.some((event) => bad.has(numberOf(event))) ? { status: 422, body: 'not this one' } : echo(call);

/** A placement file of our own, with wishes. */
function placement(): { readonly env: Record<string, string>; say(...lines: string[]): void } {
  const dir = mkdtempSync(join(tmpdir(), 'headrace-wishes-'));
  on.after(async () => rmSync(dir, { recursive: true }));
  const file = join(dir, 'placement');
  const say = (...lines: string[]): void => writeFileSync(file, ['1', ...lines].join('\n'));
  say();
  return { env: { HEADRACE_PLACEMENT_FILE: file }, say };
}

/** A record that blocks holds the partition for an hour, unless somebody does something. */
const hourly: SceneWish['contract'] = {
  delivery: {
    retry: { maxAttempts: 3, initialBackoffMs: 50, maxBackoffMs: 3_600_000, maxAgeMs: 600_000_000 },
    onExhausted: 'Block',
  },
};

describe('a record that blocks', () => {
  it('D8: is skipped alone, also by the next owner; a second one that blocks is not', async () => {
    const server = await on.server(refusing(new Set([7, 30])));
    const { env, say } = placement();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], contract: hourly, env });
    const first = await scene.invoker();
    await scene.send(0, 40);
    await first.until('it is blocked', async () => (await first.report()).blocked.length === 1);
    expect((await first.report()).blocked).toMatchObject([{ partition: 0, offset: 7, cause: 'exhausted' }]);
    await first.kill();
    say('skip 0:7,0:12');
    const second = await scene.invoker();
    await second.until('it is blocked again', async () => (await second.report()).blocked[0]?.offset === 30);
    await scene.untilOut(29);
    expect(scene.numbersOut().filter((n) => n === 7 || n === 30)).toEqual([]);
    // 12 was wished for too, but it never failed.
    expect(scene.numbersOut()).toContain(12);
    expect((await second.report()).happened).toMatchObject([
      { kind: 'skipped', partition: 0, detail: 'the record at offset 7 is skipped: dropped' },
    ]);
    expect(second.log.some(({ msg, offset }) => msg === 'skipped, as the annotation wishes' && offset === 7)).toBe(
      true,
    );
    say('skip 0:7,0:30');
    await scene.untilOut(38);
    await second.until('nothing blocks', async () => (await second.report()).blocked.length === 0);
    expect(scene.verdict(40)).toMatchObject({ lost: [7, 30], swapped: [] });
    expect(await second.end()).toBe(0);
    const [commit] = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
    expect(commit?.offset).toBe(40);
  });

  it('D8: is tried at once when the function was mended', async () => {
    const bad = new Set([7]);
    const server = await on.server(refusing(bad));
    const { env, say } = placement();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], contract: hourly, env });
    const invoker = await scene.invoker();
    await scene.send(0, 20);
    await invoker.until('it is blocked', async () => (await invoker.report()).blocked.length === 1);
    bad.clear();
    say('retry 0:6');
    const calls = server.calls.length;
    say('retry 0:7');
    await scene.untilOut(20);
    expect(server.calls.slice(calls)[0]?.offsets).toBe('7');
    expect(scene.verdict(20)).toEqual({ lost: [], repeated: 0, swapped: [] });
  });
});

it('D3 D8: while everything fails a record is skipped to the dead-letter topic, and the one behind it shows that the function is well', async () => {
  const server = await on.server((call) =>
    call.events.some((event) => numberOf(event) === 0) ? { status: 500, body: 'cannot' } : echo(call),
  );
  const { env, say } = placement();
  const patient = { ...env, HEADRACE_PATIENCE_MS: '3600000' };
  const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], deadLetters: true, env: patient });
  const invoker = await scene.invoker();
  await scene.send(0, 1);
  await invoker.until('it is in doubt', async () => (await invoker.report()).doubt !== undefined);
  const { doubt, functionAvailable } = await invoker.report();
  expect(doubt).toMatchObject({ waiting: [{ partition: 0, offset: 0 }], reason: expect.stringContaining('cannot') });
  expect(functionAvailable).toBe(false);
  await scene.send(1, 9);
  say('skip 0:0');
  await scene.untilOut(9);
  expect(scene.verdict(10)).toMatchObject({ lost: [0], swapped: [] });
  const letters = scene.deadLetters!.records.map(({ value, headers }) => ({
    n: (JSON.parse(String(value)) as { n: number }).n,
    code: String(headers.knativeerrorcode),
    reason: String(headers['headrace-reason']),
  }));
  expect(letters).toEqual([{ n: 0, code: 'skipped', reason: 'skipped by the annotation headrace.dev/skip' }]);
  expect(await invoker.report()).toMatchObject({ functionAvailable: true });
  expect((await invoker.report()).doubt).toBeUndefined();
});
