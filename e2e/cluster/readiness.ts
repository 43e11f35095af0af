// Waiting until a started program is ready, fails, or has had its time.
import { setTimeout as pause } from 'node:timers/promises';
import { type Child, logTail } from './children.ts';

const pollEveryMs = 50;

/** A program that ended or stayed silent instead of becoming ready; the message carries the end of its log. */
export class NotReady extends Error {
  readonly log: string;

  constructor(name: string, why: string, logPath: string) {
    const log = logTail(logPath);
    super(`${name} did not become ready: ${why}\nThe end of its log:\n${log}`);
    this.name = 'NotReady';
    this.log = log;
  }
}

/** Resolves once `isReady` says so; throws `NotReady` when the child ends before or `withinMs` are over. */
export async function untilReady(
  name: string,
  child: Child,
  logPath: string,
  withinMs: number,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    if (!child.isRunning()) throw new NotReady(name, `it ended with ${await child.ended}`, logPath);
    if (await isReady()) return;
    if (performance.now() > deadlineMs) throw new NotReady(name, `not within ${withinMs} ms`, logPath);
    await pause(pollEveryMs);
  }
}
