/** The operator as a process of its own, for tests: started against a kubeconfig, watched through its log, stopped or killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface OperatorProcess {
  readonly port: number;
  readonly pid: number;
  /** What it has logged so far, parsed. */
  readonly log: readonly LogLine[];
  /** In order; resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface OperatorProcessOptions {
  readonly kubeconfigPath: string;
  readonly namespaces: readonly string[];
  readonly logLevel?: string;
}

const startWithinMs = 20_000;

/** Resolves when it has started and its first lists are complete. */
export async function startOperatorProcess(options: OperatorProcessOptions): Promise<OperatorProcess> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url))], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      KUBECONFIG: options.kubeconfigPath,
      HEADRACE_IMAGE_INVOKER: 'test/invoker:1',
      HEADRACE_IMAGE_SCOUT: 'test/scout:1',
      HEADRACE_IMAGE_HOST_NODE26: 'test/host:1',
      HEADRACE_WATCH_NAMESPACES: options.namespaces.join(','),
      HEADRACE_LOG_LEVEL: options.logLevel ?? 'debug',
      HEADRACE_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: LogLine[] = [];
  const port = await started(child, log);
  return {
    port,
    pid: child.pid ?? 0,
    log,
    async stop() {
      if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
      return child.exitCode;
    },
    async kill() {
      if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    },
  };
}

function started(child: ChildProcess, log: LogLine[]): Promise<number> {
  return new Promise((resolve, reject) => {
    let rest = '';
    let errors = '';
    let port: number | undefined;
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      reject(
        new Error(`the operator did not start: ${why}\n${errors}${log.map((line) => JSON.stringify(line)).join('\n')}`),
      );
    };
    const timer = setTimeout(() => fail(`not ready within ${startWithinMs} ms`), startWithinMs);
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = `${errors}${chunk}`.slice(-10_000);
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const parsed = JSON.parse(line) as LogLine;
        log.push(parsed);
        if (parsed.msg === 'operator started') port = Number(parsed.port);
        if (port === undefined || !log.some(({ msg }) => msg.startsWith('caches are complete'))) continue;
        clearTimeout(timer);
        resolve(port);
      }
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`it ended with ${code}`);
    });
  });
}
