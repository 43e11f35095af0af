/** A host as a child process with the code of a vector file, and the exchanges with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { differences, type Received, type Step, type VectorFile, type VectorRequest } from './vectors.ts';

export interface HostCommand {
  readonly language: string;
  readonly command: string;
  readonly args: readonly string[];
}

const patienceMs = 10_000;
const lookEveryMs = 10;

export class HostProcess {
  readonly #child: ChildProcess;
  readonly #dir: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #exited: Promise<number | null>;
  /** Entries of its log so far. */
  readonly log: Readonly<Record<string, unknown>>[] = [];
  #port = 0;

  private constructor(host: HostCommand, settings: VectorFile['settings'], files: Readonly<Record<string, string>>) {
    this.#dir = mkdtempSync(join(tmpdir(), 'headrace-host-'));
    const codeDir = join(this.#dir, 'code');
    mkdirSync(codeDir);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(codeDir, name), text);
    const env = { PATH: process.env.PATH ?? '', ...environmentOf(settings), HEADRACE_CODE_DIR: codeDir };
    this.#child = spawn(host.command, host.args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    // Not `exit`: then lines of the log may still be on their way.
    this.#exited = new Promise((resolve) => this.#child.once('close', resolve));
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      this.log.push(entry);
      if (entry.message === 'listening') this.#port = Number(entry.port);
    });
  }

  /** Resolves when the code is loaded, or will not be. */
  static async start(
    host: HostCommand,
    settings: VectorFile['settings'],
    files: Readonly<Record<string, string>>,
  ): Promise<HostProcess> {
    const started = new HostProcess(host, settings, files);
    try {
      await started.until('the host listens', () => started.#port > 0);
      await started.until('the code is loaded or will not be', async () => {
        const { status, body } = await started.send({ method: 'GET', path: '/headrace/readyz' });
        return status === 200 || body.includes('CODE_NOT_LOADED');
      });
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Exit code. */
  async exited(): Promise<number | null> {
    return this.#exited;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#child.kill('SIGKILL');
    await this.#exited;
    rmSync(this.#dir, { recursive: true });
  }

  /** Everything that went otherwise than the steps say, in words. */
  async play(steps: readonly Step[], path = 'step'): Promise<string[]> {
    const wrong: string[] = [];
    for (const [index, step] of steps.entries()) {
      const name = `${path} ${index + 1}`;
      if ('await' in step) {
        await this.until(`${name}: calls in flight`, async () => (await this.#inFlight()) === step.await.inFlight);
        continue;
      }
      const answer = this.send(step.request);
      if (step.during) {
        await this.until(`${name}: the call has begun`, async () => (await this.#inFlight()) > 0);
        wrong.push(...(await this.play(step.during, `${name}, during`)));
      }
      wrong.push(...differences(await answer, step.response).map((difference) => `${name}: ${difference}`));
    }
    return wrong;
  }

  send({ method = 'POST', path = '/', headers = {}, chunked = false, ...bodies }: VectorRequest): Promise<Received> {
    const body = bodyOf(bodies);
    const length = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) };
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          port: this.#port,
          host: '127.0.0.1',
          agent: this.#agent,
          method,
          path,
          headers: { ...filled(headers), ...length },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  async #inFlight(): Promise<number> {
    const { body } = await this.send({ method: 'GET', path: '/metrics' });
    return Number(/^headrace_host_calls_in_flight (\d+)$/m.exec(body)?.[1]);
  }

  async until(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
    const endMs = performance.now() + patienceMs;
    while (!(await ask())) {
      const hasEnded = this.#child.exitCode !== null;
      if (hasEnded || performance.now() > endMs) {
        const why = hasEnded ? `the host ended with ${await this.#exited}` : `not within ${patienceMs} ms`;
        throw new Error(`${what}: ${why}; log: ${JSON.stringify(this.log)}`);
      }
      await pause(lookEveryMs);
    }
  }
}

function environmentOf(settings: VectorFile['settings']): Record<string, string> {
  const names: Readonly<Record<string, string>> = {
    function: 'HEADRACE_FUNCTION',
    handler: 'HEADRACE_HANDLER',
    signature: 'HEADRACE_SIGNATURE',
    concurrency: 'HEADRACE_CONCURRENCY',
    timeoutMs: 'HEADRACE_TIMEOUT_MS',
    maxBodyBytes: 'HEADRACE_MAX_BODY_BYTES',
    drainMs: 'HEADRACE_DRAIN_MS',
  };
  const env: Record<string, string> = { HEADRACE_PORT: '0' };
  for (const [setting, value] of Object.entries(settings)) {
    const name = names[setting];
    if (name === undefined) throw new Error(`no host has the setting ${setting}`);
    env[name] = String(value);
  }
  return env;
}

function bodyOf({ body, bodyText, bodyBase64 }: Pick<VectorRequest, 'body' | 'bodyText' | 'bodyBase64'>): Buffer {
  if (bodyBase64 !== undefined) return Buffer.from(bodyBase64, 'base64');
  return Buffer.from(bodyText ?? (body === undefined ? '' : JSON.stringify(body)));
}

const filled = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replace(/\{now\+(\d+)\}/, (_, laterMs: string) => String(Date.now() + Number(laterMs))),
    ]),
  );
