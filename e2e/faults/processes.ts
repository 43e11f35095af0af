/** Real invokers and hosts as child processes: started, restarted under the same name, stopped by signals, each start and end written down. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Child, logTail, startChild } from '../cluster/children.ts';
import { ownRoot } from './ground.ts';
import { type HistoryFile, nowMs } from './history-file.ts';
import { logLines } from './process-log.ts';

export interface ProcessSpec {
  /** `invoker-0`. */
  readonly name: string;
  /** Of the main file, within the source tree. */
  readonly main: string;
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly history: HistoryFile;
  /** Whether it is up, by its log. */
  readonly isUp: (line: Readonly<Record<string, unknown>>) => boolean;
  readonly execArgv?: readonly string[];
}

const upWithinMs = 30_000;

export class KeptProcess {
  readonly #spec: ProcessSpec;
  #child: Child | undefined;
  #starts = 0;
  /** Of all its lives. */
  readonly logPaths: string[] = [];
  readonly pids: number[] = [];

  constructor(spec: ProcessSpec) {
    this.#spec = spec;
  }

  get name(): string {
    return this.#spec.name;
  }
  get pid(): number | undefined {
    return this.#child?.isRunning() === true ? this.#child.pid : undefined;
  }
  get isRunning(): boolean {
    return this.#child?.isRunning() === true;
  }
  /** How its last life ended; never resolves while it lives. */
  get ended(): Promise<string> {
    return this.#child?.ended ?? Promise.resolve('never started');
  }

  /** Resolves when it is up. */
  async start(): Promise<void> {
    const { name, main, root, env, folder, history, isUp, execArgv = [] } = this.#spec;
    this.#starts += 1;
    const logPath = join(folder, `${name}.${this.#starts}.log`);
    this.logPaths.push(logPath);
    const args = [...execArgv, join(root, main)];
    // A copy of the sources lies in another place each time: what is compiled of it is found by nobody again.
    const once = root === ownRoot ? {} : { NODE_DISABLE_COMPILE_CACHE: '1' };
    const child = await startChild({ name, command: process.execPath, args, logPath, env: { ...env, ...once } });
    this.#child = child;
    this.pids.push(child.pid);
    history.write({ kind: 'process', atMs: nowMs(), pid: child.pid, name, state: 'started' });
    void child.ended.then(() =>
      history.write({ kind: 'process', atMs: nowMs(), pid: child.pid, name, state: 'ended' }),
    );
    const endMs = performance.now() + upWithinMs;
    while (!logLines(logPath).some(isUp)) {
      if (!child.isRunning())
        throw new Error(`${name} ended with ${await child.ended} at its start:\n${logTail(logPath)}`);
      if (performance.now() > endMs) throw new Error(`${name} is not up within ${upWithinMs} ms:\n${logTail(logPath)}`);
      await pause(20);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.signal(signal);
  }

  /** Sends the signal and waits for the end. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#child?.stop(signal);
  }

  /** Lines of all its lives, each with the pid that wrote it. */
  lines(): { readonly pid: number; readonly line: Readonly<Record<string, unknown>> }[] {
    return this.logPaths.flatMap((path, life) => logLines(path).map((line) => ({ pid: this.pids[life]!, line })));
  }

  /** Resident memory; undefined when it is not running. */
  residentBytes(): number | undefined {
    if (this.pid === undefined) return undefined;
    try {
      const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? [];
      return kib === undefined ? undefined : Number(kib) * 1024;
    } catch {
      return undefined;
    }
  }
}
