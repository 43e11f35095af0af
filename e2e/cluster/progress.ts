// What a person sees while something long is made ready, and what to do when it cannot be.

const reminderEveryMs = 15_000;

/** Something this machine lacks: what it is, and the one thing to do about it. */
export class Missing extends Error {
  readonly what: string;
  readonly act: string;

  constructor(what: string, act: string, options?: ErrorOptions) {
    super(`${what}\n  what to do: ${act}`, options);
    this.name = 'Missing';
    this.what = what;
    this.act = act;
  }
}

/** A duration in milliseconds for a person: "0.4 s", "12.3 s", "5 min 52 s". */
export function elapsed(durationMs: number): string {
  if (durationMs < 59_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** The lines printed when a step fails: its title and time, the cause in one line, and the act when it is known. */
export function failureLines(title: string, durationMs: number, error: unknown): string[] {
  const failed = `✗ ${title} (${elapsed(durationMs)})`;
  if (error instanceof Missing) return [failed, `  ${error.what}`, `  what to do: ${error.act}`];
  return [failed, `  ${error instanceof Error ? error.message : String(error)}`];
}

const reported = new WeakSet<object>();

/** Runs `work` as one visible step on stderr; its result or its error comes through unchanged. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const took = () => performance.now() - begin;
  say(`· ${title} …`);
  const reminder = setInterval(() => say(`  … ${title}: ${elapsed(took())} so far`), reminderEveryMs);
  reminder.unref();
  try {
    const result = await work();
    say(`✓ ${title} (${elapsed(took())})`);
    return result;
  } catch (error) {
    // An error passes through every enclosing step: its explanation is worth printing once.
    const known = typeof error === 'object' && error !== null && reported.has(error);
    if (typeof error === 'object' && error !== null) reported.add(error);
    for (const line of failureLines(title, took(), error).slice(0, known ? 1 : undefined)) say(line);
    throw error;
  } finally {
    clearInterval(reminder);
  }
}

/** One line for the person who waits; on stderr, so that a command's output stays its output. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
