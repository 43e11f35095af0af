// Running another program to its end: its output, its exit code, and an error that shows both.
import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code; 128 when a signal ended the program. */
  readonly code: number;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 60_000;
const errorTailChars = 4_000;

/** Runs a program to its end, whatever its exit code. Throws only when it cannot be started or outlives its time. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [stdout, stderr, late] = ['', '', false];
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // A program may end before it has read its input; its exit code tells more than the broken pipe.
    child.stdin.on('error', () => {}).end(options.stdin ?? '');
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new Error(`${command} could not be started: ${cause.message}`, { cause }));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (late) reject(new Error(`${shown(command, args)} did not end within ${timeoutMs} ms\n${tail(stderr)}`));
      else resolve({ stdout, stderr, code: code ?? 128 });
    });
  });
}

/** Runs a program that must end with exit code 0, and gives its standard output. */
export async function must(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await run(command, args, options);
  if (code !== 0) throw new Error(`${shown(command, args)} ended with code ${code}\n${tail(stderr || stdout)}`);
  return stdout;
}

/** The absolute path of a program on PATH, or undefined. */
export async function onPath(command: string): Promise<string | undefined> {
  for (const dir of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const candidate = join(dir, command);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function shown(command: string, args: readonly string[]): string {
  return [command, ...args].join(' ').slice(0, 300);
}

function tail(text: string): string {
  return text.length > errorTailChars ? `…${text.slice(-errorTailChars)}` : text;
}
