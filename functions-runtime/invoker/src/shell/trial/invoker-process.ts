/** Test support: an invoker as a process of its own, outside of Kubernetes, with a contract in a temporary folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { InvokerContract } from '#contract/invoker-contract.ts';
import { type InvokerReport, reportPath } from '#contract/invoker-report.ts';
import { nextLookMs } from '../../../../../e2e/cluster/waiting.ts';

export interface InvokerWish {
  readonly contract: InvokerContract;
  readonly ordinal?: number;
  readonly endpoints: readonly string[];
  readonly placementFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

const main = new URL('../../main.ts', import.meta.url).pathname;

export class InvokerProcess {
  readonly log: Readonly<Record<string, unknown>>[] = [];
  readonly #child: ChildProcess;
  readonly #dir: string;
  readonly #exited: Promise<number | null>;
  #port = 0;

  private constructor({ contract, ordinal = 0, endpoints, placementFile, env }: InvokerWish) {
    this.#dir = mkdtempSync(join(tmpdir(), 'headrace-invoker-'));
    const path = join(this.#dir, 'contract.json');
    writeFileSync(path, JSON.stringify(contract));
    this.#child = spawn(process.execPath, [main], {
      env: {
        PATH: process.env.PATH ?? '',
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        POD_NAME: `${contract.binding.name}-invoker-${ordinal}`,
        HEADRACE_CONTRACT: path,
        HEADRACE_PORT: '0',
        HEADRACE_FUNCTION_ENDPOINTS: endpoints.join(','),
        HEADRACE_PLACEMENT_FILE: placementFile,
        HEADRACE_SESSION_TIMEOUT_MS: '6000',
        HEADRACE_HEARTBEAT_INTERVAL_MS: '200',
        HEADRACE_PATIENCE_MS: '3000',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#exited = new Promise((resolve) => this.#child.once('close', resolve));
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      this.log.push(entry);
      if (entry.msg === 'listens') this.#port = Number(entry.port);
    });
  }

  static async start(wish: InvokerWish): Promise<InvokerProcess> {
    const started = new InvokerProcess(wish);
    try {
      await started.until('it listens', () => started.#port > 0);
      return started;
    } catch (error) {
      // Nobody else knows of it; left over, it would hold the run's own end.
      await started.kill();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async report(): Promise<InvokerReport> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${reportPath}`);
    return (await response.json()) as InvokerReport;
  }

  async owns(partitions: readonly number[]): Promise<void> {
    await this.until(`it owns ${partitions}`, async () => {
      const { ownedPartitions } = await this.report();
      return ownedPartitions.join() === partitions.join();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Exit code, null after SIGKILL. */
  async exited(): Promise<number | null> {
    return this.#exited;
  }

  /** SIGTERM, and the exit code. */
  async end(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.#exited;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#exited;
    rmSync(this.#dir, { recursive: true, force: true });
  }

  lastWords(): string {
    const lines = this.log.map(({ pod: _, namespace: __, binding: ___, topic: ____, ...entry }) =>
      JSON.stringify(entry),
    );
    return `its log:\n${lines.slice(-60).join('\n')}`;
  }

  async until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
    const beginMs = performance.now();
    while (!(await holds())) {
      const tookMs = performance.now() - beginMs;
      const hasEnded = this.#child.exitCode !== null;
      if (hasEnded || tookMs > withinMs) {
        const why = hasEnded ? `the invoker ended with ${this.#child.exitCode}` : `not within ${withinMs} ms`;
        throw new Error(`${what}: ${why}; ${this.lastWords()}`);
      }
      await pause(nextLookMs(10, tookMs));
    }
  }
}
