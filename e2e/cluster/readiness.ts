// Waiting until a started program is ready, has ended instead, or has had its time.
import { type Child, logTail } from './children.ts';
import { until } from './waiting.ts';

const pollEveryMs = 50;

/** A program that ended instead of becoming ready; the message carries the end of its log. */
export class NotReady extends Error {
  readonly log: string;

  constructor(name: string, why: string, logPath: string) {
    const log = logTail(logPath);
    super(`${name} did not become ready: ${why}\nThe end of its log:\n${log}`);
    this.name = 'NotReady';
    this.log = log;
  }
}

/** Resolves once `isReady` says so; throws `NotReady` when the child ends before, an `Error` after `withinMs`. */
export async function untilReady(
  name: string,
  child: Child,
  logPath: string,
  withinMs: number,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const patience = { atMostMs: withinMs, everyMs: pollEveryMs };
  const ready = async () => {
    if (!child.isRunning()) throw new NotReady(name, `it ended with ${await child.ended}`, logPath);
    return (await isReady()) || undefined;
  };
  await until(`${name} becomes ready`, patience, ready, () => `The end of its log:\n${logTail(logPath)}`);
}
