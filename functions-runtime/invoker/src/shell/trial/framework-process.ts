/** Test support: the Functions Framework for Node as it comes from its package, as a process with one function on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What the package installs as its command. */
const program = new URL('../../../../../node_modules/.bin/functions-framework', import.meta.url).pathname;
const source = new URL('framework-functions/index.mjs', import.meta.url).pathname;
const readyWithinMs = 30_000;

export class FrameworkProcess {
  readonly endpoint: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #said = '';

  private constructor(port: number, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.endpoint = `127.0.0.1:${port}`;
    this.#child = spawn(process.execPath, [program, ...args], {
      // As a pod gives it: the port by its usual variable.
      env: { PATH: process.env.PATH ?? '', PORT: String(port), HOST: '127.0.0.1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = new Promise((resolve) => this.#child.once('close', resolve));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#said = `${this.#said}${chunk}`.slice(-4_000);
      });
    }
  }

  static async start(
    target: 'audit' | 'enrich',
    signature: 'cloudevent' | 'http',
    env: Readonly<Record<string, string>> = {},
    port?: number,
  ): Promise<FrameworkProcess> {
    const args = [`--target=${target}`, `--signature-type=${signature}`, `--source=${source}`];
    const started = new FrameworkProcess(port ?? (await freePort()), args, env);
    await started.#ready();
    return started;
  }

  get port(): number {
    return Number(this.endpoint.split(':')[1]);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #ready(): Promise<void> {
    const endMs = performance.now() + readyWithinMs;
    for (;;) {
      // Whatever it answers to a request that is no event: it listens.
      const answered = await fetch(`http://${this.endpoint}/`, { method: 'OPTIONS' }).then(
        () => true,
        () => false,
      );
      if (answered) return;
      if (this.#child.exitCode !== null || performance.now() > endMs) {
        throw new Error(`the framework does not listen: ${this.#said}`);
      }
      await pause(50);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address!.port : 0));
    });
  });
}
