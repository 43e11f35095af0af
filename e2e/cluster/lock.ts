// A lock file between processes: held by a living process, taken over when its holder is dead.
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Identity, identify, isAlive } from './processes.ts';
import { say } from './progress.ts';

const pollEveryMs = 250;

/** Runs `work` while holding the lock at `path`; waits for a living holder at most `waitAtMostMs`. */
export async function locked<T>(path: string, waitAtMostMs: number, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const deadlineMs = performance.now() + waitAtMostMs;
  let told = false;
  for (;;) {
    if (await claim(path)) break;
    const holder = await readHolder(path);
    if (holder === 'gone') continue;
    if (holder === 'unreadable' || !isAlive(holder)) {
      await takeAway(path, holder);
      continue;
    }
    if (!told) say(`  … waiting for process ${holder.pid}, which does the same`);
    told = true;
    if (performance.now() > deadlineMs) throw new Error(`${path} is held by process ${holder.pid} for too long`);
    await pause(pollEveryMs);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

type Holder = Pick<Identity, 'pid' | 'startTime'>;

/** Linking a complete file into place is atomic: nobody ever reads a half-written lock. */
async function claim(path: string): Promise<boolean> {
  const mine = `${path}.${process.pid}.${crypto.randomUUID()}`;
  const self = identify(process.pid);
  await writeFile(mine, JSON.stringify({ pid: process.pid, startTime: self?.startTime ?? '' }));
  try {
    await link(mine, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

async function readHolder(path: string): Promise<Holder | 'gone' | 'unreadable'> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
    return typeof holder.pid === 'number' && typeof holder.startTime === 'string'
      ? { pid: holder.pid, startTime: holder.startTime }
      : 'unreadable';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'gone' : 'unreadable';
  }
}

/** Moves a dead holder's lock aside; if another process was quicker and the lock is new, it is put back. */
async function takeAway(path: string, dead: Holder | 'unreadable'): Promise<void> {
  const aside = `${path}.stale.${process.pid}.${crypto.randomUUID()}`;
  try {
    await rename(path, aside);
    const moved = await readHolder(aside);
    if (JSON.stringify(moved) !== JSON.stringify(dead)) await link(aside, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}
