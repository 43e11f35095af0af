// The lock lets one in at a time, and a dead holder does not keep anybody out.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { locked } from './lock.ts';
import { identify } from './processes.ts';

const dir = mkdtempSync(join(tmpdir(), 'headrace-lock-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('of many only one works at a time, and nothing stays behind', async () => {
  const path = join(dir, 'busy.lock');
  let [inside, most] = [0, 0];
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 4 }, () => locked(path, 10_000, work)));
  expect(most).toBe(1);
  expect(readdirSync(dir)).toEqual([]);
});

test('a failing work gives the lock back', async () => {
  const path = join(dir, 'failing.lock');
  await expect(locked(path, 0, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await locked(path, 0, async () => 'free')).toBe('free');
});

test('a living holder is waited for only so long', async () => {
  const path = join(dir, 'held.lock');
  const refused = await locked(path, 0, () => locked(path, 300, async () => 'both').catch(String));
  expect(refused).toContain(`held by process ${process.pid}`);
});

test('the lock of a dead process is taken over', async () => {
  const path = join(dir, 'dead.lock');
  const child = spawn('/bin/sleep', ['60']);
  const holder = identify(child.pid!)!;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  writeFileSync(path, JSON.stringify({ pid: holder.pid, startTime: holder.startTime }));
  expect(await locked(path, 0, async () => 'mine')).toBe('mine');
});

test('a pid that is used again holds nothing', async () => {
  const path = join(dir, 'reused.lock');
  writeFileSync(path, JSON.stringify({ pid: process.pid, startTime: 'long ago' }));
  expect(await locked(path, 0, async () => 'mine')).toBe('mine');
});

test.each(['', '{"pid":"x"}', 'not json'])('a lock file that says %j holds nothing', async (content) => {
  const path = join(dir, 'broken.lock');
  writeFileSync(path, content);
  expect(await locked(path, 0, async () => 'mine')).toBe('mine');
});
