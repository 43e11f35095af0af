// Child processes that never outlive this one: started with a log file, stopped by signal, gone when we are gone.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPath } from './commands.ts';
import { identify, isFrozen } from './processes.ts';
import { recordProcess, recordScratch, scratchPrefix } from './run-records.ts';
import { until } from './waiting.ts';

export interface ChildSpec {
  /** For messages: "kafka broker". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Both outputs are appended here. */
  readonly logPath: string;
}

export interface Child {
  readonly pid: number;
  /** Resolves when the process has ended, with a few words on how: "code 1", "signal SIGKILL". */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** Sends a signal; nothing happens when the process has ended. */
  signal(signal: NodeJS.Signals): void;
  /** SIGSTOP; resolves when it does nothing any more. */
  freeze(): Promise<void>;
  /** Asks the process to end and waits for it; after `graceMs` it is killed. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
}

const defaultGraceMs = 30_000;
const logTailLines = 25;
const frozenPatience = { atMostMs: 10_000, everyMs: 2 };

const cleanUps = new Set<() => void>();
let watching = false;

/** Starts a child process that dies with this one. */
export async function startChild(spec: ChildSpec): Promise<Child> {
  // The kernel's own promise (Linux) also holds when we are killed and no handler runs.
  const launcher = process.platform === 'linux' ? await onPath('setpriv') : undefined;
  const own = [spec.command, ...spec.args];
  const [command, ...args] = launcher ? [launcher, '--pdeathsig', 'KILL', '--', ...own] : own;
  const log = openSync(spec.logPath, 'a');
  const child = spawn(command!, args, {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', log, log],
    // A group of its own: Ctrl-C in a terminal is for us, and we stop our children in order.
    detached: true,
  });
  closeSync(log);
  const ended = endOf(child);
  if (child.pid === undefined) throw new Error(`${spec.name} could not be started: ${await ended}`);
  return adopt(child, child.pid, spec, own, ended);
}

/** A new folder in the temp folder, removed at `dispose` or when this process ends. */
export function makeScratch(name: string): { dir: string; dispose(): void } {
  const dir = mkdtempSync(join(tmpdir(), `${scratchPrefix}${name}-`));
  const forget = recordScratch(name, dir);
  const dispose = () => {
    cleanUps.delete(dispose);
    rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    forget();
  };
  atOurEnd(dispose);
  return { dir, dispose };
}

/** The last lines of a log file, for an error message. */
export function logTail(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-logTailLines).join('\n');
  } catch {
    return '(no log)';
  }
}

function adopt(child: ChildProcess, pid: number, spec: ChildSpec, argv: string[], ended: Promise<string>): Child {
  const identity = identify(pid);
  const forget = identity ? recordProcess(spec.name, { ...identity, argv }) : () => {};
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const kill = () => {
    if (isRunning()) child.kill('SIGKILL');
    forget();
  };
  atOurEnd(kill, 'first');
  void ended.then(() => {
    cleanUps.delete(kill);
    forget();
  });
  return {
    pid,
    ended,
    isRunning,
    signal: (signal) => {
      if (isRunning()) child.kill(signal);
    },
    freeze: async () => {
      if (!isRunning()) return;
      child.kill('SIGSTOP');
      await until(`${spec.name} is frozen`, frozenPatience, () => isFrozen(pid) || undefined);
    },
    stop: async (signal = 'SIGTERM', graceMs = defaultGraceMs) => {
      if (!isRunning()) return;
      child.kill(signal);
      // A paused process acts on nothing but SIGKILL until it goes on.
      child.kill('SIGCONT');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`));
  });
}

function atOurEnd(cleanUp: () => void, place: 'first' | 'last' = 'last'): void {
  if (place === 'first') {
    const others = [...cleanUps];
    cleanUps.clear();
    for (const each of [cleanUp, ...others]) cleanUps.add(each);
  } else cleanUps.add(cleanUp);
  if (watching) return;
  watching = true;
  process.once('exit', cleanUpAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const onSignal = () => {
      cleanUpAll();
      // With no other listener the signal's usual effect, which our listener suspended, is due.
      if (process.listenerCount(signal) > 0) return;
      process.kill(process.pid, signal);
    };
    process.once(signal, onSignal);
  }
}

function cleanUpAll(): void {
  for (const cleanUp of [...cleanUps]) {
    try {
      cleanUp();
    } catch {
      // The next run reaps what could not be cleaned up here.
    }
  }
}
