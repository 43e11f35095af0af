// Test support: a scout as a process, asked over HTTP as the operator asks it.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import {
  type BindingSample,
  documentPath,
  type SamplesAnswer,
  type ScoutBinding,
  samplesPath,
} from '#contract/scout.ts';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

export class GivenScout {
  readonly process: ChildProcess;
  readonly #url: string;
  #hash = '';
  #after = 0;

  constructor(process: ChildProcess, url: string) {
    this.process = process;
    this.#url = url;
  }

  async put(bindings: readonly ScoutBinding[]): Promise<void> {
    this.#hash = `${Math.random()}`;
    this.#after = 0;
    const body = JSON.stringify({ version: 1, hash: this.#hash, bindings });
    const { status } = await fetch(`${this.#url}${documentPath}`, { method: 'PUT', body });
    if (status !== 204) throw new Error(`the document was answered with ${status}`);
  }

  /** The next answer, as the operator waits for it. */
  async next(): Promise<readonly BindingSample[]> {
    const target = `${this.#url}${samplesPath}?document=${this.#hash}&after=${this.#after}`;
    const response = await fetch(target);
    if (response.status !== 200) throw new Error(`samples were answered with ${response.status}`);
    const { samples, sequence } = (await response.json()) as SamplesAnswer;
    if (sequence === this.#after) return [];
    this.#after = sequence;
    return samples;
  }

  /** Answers until one holds what is looked for; with when it came. */
  async until(
    holds: (sample: BindingSample) => boolean,
    withinMs = 30_000,
  ): Promise<{ sample: BindingSample; atMs: number }> {
    const endMs = performance.now() + withinMs;
    let last: readonly BindingSample[] = [];
    while (performance.now() < endMs) {
      last = await this.next();
      const sample = last.find(holds);
      if (sample) return { sample, atMs: performance.now() };
    }
    throw new Error(`not within ${withinMs} ms; last: ${JSON.stringify(last)}`);
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.#url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? 0);
  }

  /** Processor time used so far, as Linux counts it: in hundredths of a second. */
  cpuMs(): number {
    const [, user = 0, system = 0] =
      /\) (?:\S+ ){11}(\d+) (\d+)/.exec(readFileSync(`/proc/${this.process.pid}/stat`, 'utf8')) ?? [];
    return (Number(user) + Number(system)) * 10;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
  }
}

/** Starts one; resolves when it listens. */
export async function givenScout(env: Readonly<Record<string, string>> = {}): Promise<GivenScout> {
  const port = await freePort();
  const child = spawn(process.execPath, ['functions-runtime/scout/src/main.ts'], {
    env: { ...process.env, HEADRACE_PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      if (String(chunk).includes('listening')) resolve();
    });
    child.once('exit', () => reject(new Error('the scout ended')));
  });
  return new GivenScout(child, `http://127.0.0.1:${port}`);
}
