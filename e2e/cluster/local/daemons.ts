// The long-running programs of the node: started once, kept while their command line is the wanted one, and ended by it.
import { readFile, rename } from 'node:fs/promises';
import { isAlive } from '../processes.ts';
import { until } from '../waiting.ts';
import { type Inhabitant, inhabitants, type NodeProcess, running } from './inhabitants.ts';
import { daemonEnv, mustInNode } from './node.ts';
import { inside, outside } from './paths.ts';

/** A program of the node. Its configuration's hash is part of a file's name in argv, so a change shows there. */
export interface Daemon {
  readonly name: string;
  /** The program's path in the node, then its arguments. */
  readonly argv: readonly string[];
}

export type DaemonAct = 'keep' | 'start' | 'restart';

/** What to do about a daemon, given the processes that run its program now. */
export function decide(daemon: Daemon, found: readonly Pick<Inhabitant, 'argv'>[]): DaemonAct {
  if (found.length === 0) return 'start';
  const wanted = daemon.argv.join('\0');
  return found.length === 1 && found[0]!.argv.join('\0') === wanted ? 'keep' : 'restart';
}

/** Sees to it that the daemon runs as wanted. */
export async function ensureDaemon(node: NodeProcess, daemon: Daemon): Promise<DaemonAct> {
  const found = findDaemon(node, daemon);
  const act = decide(daemon, found);
  if (act === 'restart') for (const older of found) await end(older);
  if (act !== 'keep') await start(node, daemon);
  return act;
}

export function findDaemon(node: NodeProcess, daemon: Daemon): Inhabitant[] {
  return running(daemon.argv[0]!, node, inhabitants());
}

/** The last lines of what the daemon wrote. */
export async function logTail(daemon: Daemon, lines = 12): Promise<string> {
  const text = await readFile(logFile(daemon), 'utf8').catch(() => '');
  return `${logFile(daemon)} ends with:\n${text.trimEnd().split('\n').slice(-lines).join('\n')}`;
}

/** Throws when the daemon does not run: whoever waits for its work would wait in vain. */
export async function mustRun(node: NodeProcess, daemon: Daemon): Promise<void> {
  if (findDaemon(node, daemon).length === 0) throw new Error(`${daemon.name} has ended. ${await logTail(daemon)}`);
}

async function start(node: NodeProcess, daemon: Daemon): Promise<void> {
  // One earlier log is kept, so that what ended a daemon can be read after it was started again.
  await rename(logFile(daemon), `${logFile(daemon)}.previous`).catch(() => undefined);
  const log = `${inside.log}/${daemon.name}.log`;
  const environment = Object.entries(daemonEnv).map(([name, value]) => `${name}=${value}`);
  // In the node's process namespace the shell's orphan becomes a child of the node's first process, not of this command.
  const script = 'ulimit -n "$(ulimit -H -n)" || true; log=$1; shift; setsid "$@" >>"$log" 2>&1 </dev/null &';
  await mustInNode(node, ['env', '-i', ...environment, 'sh', '-c', script, 'start', log, ...daemon.argv]);
  const isThere = () => (findDaemon(node, daemon).length > 0 ? true : undefined);
  await until(`${daemon.name} has started`, { atMostMs: 5_000, everyMs: 10 }, isThere, () => logTail(daemon));
}

async function end(daemon: Inhabitant): Promise<void> {
  const gone = () => (isAlive(daemon) ? undefined : true);
  const title = `process ${daemon.pid} (${daemon.argv[0]}) has ended`;
  signal(daemon, 'SIGTERM');
  await until(title, { atMostMs: 5_000, everyMs: 20 }, gone).catch(() => signal(daemon, 'SIGKILL'));
  await until(title, { atMostMs: 5_000, everyMs: 20 }, gone);
}

function signal(recorded: Inhabitant, name: NodeJS.Signals): void {
  if (isAlive(recorded)) process.kill(recorded.pid, name);
}

function logFile(daemon: Daemon): string {
  return outside(`${inside.log}/${daemon.name}.log`);
}
