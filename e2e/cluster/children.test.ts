// Nothing outlives a run: children and scratch folders go with it, and what a killed run left is reaped by the next one.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
import { identify } from './processes.ts';
import { isSame, isScratch, scratchPrefix } from './run-records.ts';
import { until } from './waiting.ts';

// A cache of our own: the records of real runs on this machine are not ours to touch.
const cacheHome = mkdtempSync(join(tmpdir(), 'headrace-children-'));
afterAll(() => rmSync(cacheHome, { recursive: true, force: true }));

interface Run {
  readonly process: ChildProcess;
  readonly childPid: number;
  readonly dir: string;
}

/** Runs a script against our modules in a Node of its own, and gives the first line it prints, as JSON. */
async function script(source: string, env: Record<string, string> = {}): Promise<[ChildProcess, unknown]> {
  const node = spawn(process.execPath, ['--input-type=module', '-e', source], {
    cwd: import.meta.dirname,
    env: { ...process.env, XDG_CACHE_HOME: cacheHome, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(node.stdout), 'line')) as [string];
  return [node, JSON.parse(line)];
}

/** A run with a child process and a scratch folder. Without `launcher` the kernel does not end the child with it. */
async function startRun(launcher: 'with setpriv' | 'without setpriv'): Promise<Run> {
  const [node, made] = await script(
    `import { makeScratch, startChild } from './children.ts';
     const { dir } = makeScratch('test');
     const spec = { name: 'sleeper', command: '/bin/sleep', args: ['300'], logPath: dir + '/log' };
     const child = await startChild(spec);
     console.log(JSON.stringify({ childPid: child.pid, dir }));
     setInterval(() => {}, 1000);`,
    launcher === 'with setpriv' ? {} : { PATH: '' },
  );
  return { process: node, ...(made as { childPid: number; dir: string }) };
}

async function end(run: Run, signal: NodeJS.Signals): Promise<NodeJS.Signals | null> {
  const exit = once(run.process, 'exit');
  run.process.kill(signal);
  const [, by] = (await exit) as [number | null, NodeJS.Signals | null];
  return by;
}

async function reap(): Promise<unknown> {
  const [node, reaped] = await script(
    `import { reapLeftovers } from './run-records.ts';
     console.log(JSON.stringify(reapLeftovers()));`,
  );
  if (node.exitCode === null) await once(node, 'exit');
  return reaped;
}

const gone = (pid: number) =>
  until(`process ${pid} ends`, { atMostMs: 5_000, everyMs: 20 }, () => identify(pid) === undefined || undefined);

describe.runIf(process.platform === 'linux')('a run', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'that gets %s takes all with it and ends by it',
    async (signal) => {
      const run = await startRun('without setpriv');
      expect(await end(run, signal)).toBe(signal);
      await gone(run.childPid);
      expect(existsSync(run.dir)).toBe(false);
      expect(await reap()).toEqual({ ended: [], removed: [] });
    },
  );

  test('that is killed takes its children with it, and the next one removes its folder', async () => {
    const run = await startRun('with setpriv');
    await end(run, 'SIGKILL');
    await gone(run.childPid);
    expect(existsSync(run.dir)).toBe(true);
    expect(await reap()).toEqual({ ended: [], removed: [run.dir] });
    expect(existsSync(run.dir)).toBe(false);
  });

  test('that is killed where the kernel does not help is cleaned up by the next one', async () => {
    const run = await startRun('without setpriv');
    await end(run, 'SIGKILL');
    expect(identify(run.childPid)?.argv).toEqual(['/bin/sleep', '300']);
    expect(await reap()).toEqual({ ended: ['sleeper'], removed: [run.dir] });
    await gone(run.childPid);
  });

  test('that lives is left alone', async () => {
    const run = await startRun('without setpriv');
    expect(await reap()).toEqual({ ended: [], removed: [] });
    expect(identify(run.childPid)).toBeDefined();
    await end(run, 'SIGTERM');
  });
});

describe('a process is the recorded one', () => {
  const recorded = { pid: 7, startTime: '100', argv: ['/bin/java', 'kafka.Kafka', '/tmp/x'] };
  test.each([
    ['all three agree', recorded, true],
    ['its launcher has not become it yet', { ...recorded, argv: ['setpriv', '--', ...recorded.argv] }, true],
    ['no process has the pid', undefined, false],
    ['the pid was used again', { ...recorded, startTime: '101' }, false],
    ['it runs something else', { ...recorded, argv: ['/bin/java', 'other.Main', '/tmp/x'] }, false],
    ['it runs something that ends alike', { ...recorded, argv: ['/usr/bin/java', 'kafka.Kafka', '/tmp/x'] }, false],
  ])('%s', (_, found, expected) => {
    expect(isSame(recorded, found)).toBe(expected);
  });
});

test('only folders of ours in the temp folder are scratch', () => {
  expect(isScratch(join(tmpdir(), `${scratchPrefix}broker-1`))).toBe(true);
  expect(isScratch(join(tmpdir(), 'other'))).toBe(false);
  expect(isScratch(`${tmpdir()}/${scratchPrefix}x/../../etc`)).toBe(false);
  expect(isScratch('/')).toBe(false);
});
