// What a run leaves behind when it is killed: written down while it lives, cleaned up by the next one.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Identity, identify, isAlive } from './processes.ts';
import { say } from './progress.ts';
import { runDir } from './versions.ts';

/** Prefix of every scratch folder's name: nothing else is ever removed. */
export const scratchPrefix = 'headrace-';

type Owner = Pick<Identity, 'pid' | 'startTime'>;

/** One child process or one scratch folder, and the process that answers for it. */
export type RunRecord = { readonly name: string; readonly owner: Owner } & (
  | { readonly kind: 'process'; readonly process: Identity }
  | { readonly kind: 'scratch'; readonly dir: string }
);

/** Writes down a child process; the returned function takes the record back. */
export function recordProcess(name: string, child: Identity): () => void {
  return keep({ kind: 'process', name, owner: self(), process: child });
}

/** Writes down a scratch folder; the returned function takes the record back. */
export function recordScratch(name: string, dir: string): () => void {
  return keep({ kind: 'scratch', name, owner: self(), dir });
}

export interface Reaped {
  /** Names of the processes that were ended. */
  readonly ended: string[];
  readonly removed: string[];
}

/**
 * Ends what runs left behind that were themselves killed. A process is ended only when its owner is dead and its pid, its
 * start time and its command line are all those written down; a folder is removed only when it lies in the temp folder
 * under our prefix. What living runs own stays untouched.
 */
export function reapLeftovers(): Reaped {
  const reaped: Reaped = { ended: [], removed: [] };
  for (const file of listRecords()) {
    const record = readRecord(file);
    if (record && isAlive(record.owner)) continue;
    if (record?.kind === 'process' && isSame(record.process, identify(record.process.pid))) {
      process.kill(record.process.pid, 'SIGKILL');
      reaped.ended.push(record.name);
    }
    if (record?.kind === 'scratch' && isScratch(record.dir)) {
      rmSync(record.dir, { recursive: true, force: true, maxRetries: 5 });
      reaped.removed.push(record.dir);
    }
    rmSync(file, { force: true });
  }
  if (reaped.ended.length > 0) say(`· ended leftovers of an earlier run: ${reaped.ended.join(', ')}`);
  return reaped;
}

/**
 * Whether the process found under a recorded pid is the recorded one. The found command line may have a launcher in
 * front, for the moment before that launcher becomes the program.
 */
export function isSame(recorded: Identity, found: Identity | undefined): boolean {
  if (!found || found.pid !== recorded.pid || found.startTime !== recorded.startTime) return false;
  const [ours, theirs] = [recorded.argv.join(' '), found.argv.join(' ')];
  return theirs === ours || theirs.endsWith(` ${ours}`);
}

export function isScratch(dir: string): boolean {
  return dirname(dir) === tmpdir() && basename(dir).startsWith(scratchPrefix);
}

function self(): Owner {
  return identify(process.pid) ?? { pid: process.pid, startTime: '' };
}

function keep(record: RunRecord): () => void {
  mkdirSync(runDir, { recursive: true });
  const file = join(runDir, `${crypto.randomUUID()}.json`);
  writeFileSync(file, JSON.stringify(record));
  return () => rmSync(file, { force: true });
}

/** Processes first: a folder is removed after the process that writes into it is gone. */
function listRecords(): string[] {
  const files = (() => {
    try {
      return readdirSync(runDir).filter((name) => name.endsWith('.json'));
    } catch {
      return [];
    }
  })().map((name) => join(runDir, name));
  return files.sort((a, b) => rank(a) - rank(b));
}

function rank(file: string): number {
  return readRecord(file)?.kind === 'process' ? 0 : 1;
}

function readRecord(file: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
  } catch {
    return undefined;
  }
}
