/** Samples what cannot be read afterwards: both clocks, what invokers report, what they cost, and how far the function is. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { InvokerReport } from '../../functions-runtime/contract/invoker-report.ts';
import { reportPath } from '../../functions-runtime/contract/invoker-report.ts';
import type { Entry } from '../checker/history.ts';
import { type HistoryFile, nowMs } from './history-file.ts';
import type { KeptProcess } from './processes.ts';

const sampleEveryMs = 500;
const reportWithinMs = 400;

export async function reportOf(invoker: KeptProcess): Promise<InvokerReport | undefined> {
  const port = portOf(invoker);
  if (port === undefined || !invoker.isRunning) return undefined;
  try {
    const response = await fetch(`http://127.0.0.1:${port}${reportPath}`, {
      signal: AbortSignal.timeout(reportWithinMs),
    });
    return (await response.json()) as InvokerReport;
  } catch {
    return undefined;
  }
}

/** Of each life the port that its log told: it is asked for many times a second, and logs get long. */
const ports = new WeakMap<KeptProcess, { readonly pid: number; readonly port: number }>();

function portOf(invoker: KeptProcess): number | undefined {
  const { pid } = invoker;
  if (pid === undefined) return undefined;
  const known = ports.get(invoker);
  if (known?.pid === pid) return known.port;
  const listens = invoker.lines().findLast(({ line, pid: of }) => line.msg === 'listens' && of === pid);
  if (listens === undefined) return undefined;
  const port = Number(listens.line.port);
  ports.set(invoker, { pid, port });
  return port;
}

export class Watch {
  readonly #timer: NodeJS.Timeout;
  readonly #answeredMs = new Map<number, number>();
  #busy = Promise.resolve();

  constructor(invokers: readonly KeptProcess[], history: HistoryFile) {
    const look = async (): Promise<void> => {
      history.write({ kind: 'clock', atMs: nowMs(), unixMs: Date.now() });
      await Promise.all(invokers.map((invoker) => this.#sample(invoker, history)));
    };
    this.#timer = setInterval(() => {
      this.#busy = this.#busy.then(look);
    }, sampleEveryMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#busy;
  }

  /** When the process last told about itself. */
  answeredMs(pid: number): number | undefined {
    return this.#answeredMs.get(pid);
  }

  async #sample(invoker: KeptProcess, history: HistoryFile): Promise<void> {
    const { pid } = invoker;
    if (pid === undefined) return;
    const bytes = invoker.residentBytes();
    if (bytes !== undefined) history.write({ kind: 'memory', atMs: nowMs(), pid, bytes });
    const report = await reportOf(invoker);
    if (report === undefined || invoker.pid !== pid) return;
    const { ownedPartitions: owned, blocked } = report;
    const atMs = nowMs();
    this.#answeredMs.set(pid, atMs);
    history.write({ kind: 'status', atMs, pid, owned, blocked });
  }
}

/** Follows the files that the function writes: how many records it has done, and whether a call is open. */
export class Progress {
  readonly #paths: readonly string[];
  readonly #at = new Map<string, number>();
  readonly #rest = new Map<string, string>();
  readonly #open = new Map<string, readonly [partition: number, offsets: readonly number[]]>();
  readonly #done = new Set<string>();
  calls = 0;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Different records that the function accepted at least once. */
  get done(): number {
    this.#read();
    return this.#done.size;
  }

  /** Partitions and offsets of the calls that run now. */
  get open(): (readonly [partition: number, offsets: readonly number[]])[] {
    this.#read();
    return [...this.#open.values()];
  }

  #read(): void {
    for (const path of this.#paths) {
      const lines = ((this.#rest.get(path) ?? '') + this.#more(path)).split('\n');
      this.#rest.set(path, lines.pop() ?? '');
      for (const line of lines) this.#take(JSON.parse(line) as Entry);
    }
  }

  #more(path: string): string {
    const from = this.#at.get(path) ?? 0;
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= from) return '';
    const bytes = Buffer.alloc(size - from);
    const file = openSync(path, 'r');
    const length = readSync(file, bytes, 0, bytes.length, from);
    closeSync(file);
    this.#at.set(path, from + length);
    return bytes.toString('utf8', 0, length);
  }

  #take(entry: Entry): void {
    if (entry.kind === 'started') {
      this.calls += 1;
      this.#open.set(`${entry.pid}/${entry.call}`, [entry.partition, entry.offsets]);
    }
    if (entry.kind !== 'ended') return;
    const call = this.#open.get(`${entry.pid}/${entry.call}`);
    this.#open.delete(`${entry.pid}/${entry.call}`);
    if (call === undefined || entry.cut !== null) return;
    const [partition, offsets] = call;
    for (const [place, offset] of offsets.entries()) {
      if (entry.verdicts[place] === 'ok') this.#done.add(`${partition}/${offset}`);
    }
  }
}
