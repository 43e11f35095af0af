// The processes of this machine that belong to a node of ours: known by their namespace, so never mistaken for others.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { parseStat } from '../processes.ts';

/** The first process of every node carries this as its name, followed by the folder of its state. */
export const nodeProcessName = 'headrace-node';

/** One process as /proc shows it. */
export interface Inhabitant {
  readonly pid: number;
  readonly argv: readonly string[];
  /** Opaque; together with the pid it names one process for ever. */
  readonly startTime: string;
  /** Identity of its pid namespace, such as `pid:[4026532245]`. */
  readonly pidNamespace: string;
  /** Its pid in each namespace, the machine's first. */
  readonly pids: readonly number[];
  /** Its user on this machine: a namespace's own root is somebody else here. */
  readonly uid: number;
}

/** A node's first process; when it ends, the kernel ends everything in the node. */
export interface NodeProcess extends Inhabitant {
  /** The folder that holds the node's /var and /run. */
  readonly stateDir: string;
  /** What the node's programs were built from; another value means other programs. */
  readonly programs: string;
}

/**
 * Says whether a process is a node's first one: by its name, by being process 1 of a namespace below the machine's, and by
 * its user, because everybody may name a process as they like and what it names as its folder will be removed.
 */
export function asNode(candidate: Inhabitant): NodeProcess | undefined {
  const [name, stateDir, programs] = candidate.argv;
  if (name !== nodeProcessName || !stateDir || !programs) return undefined;
  if (candidate.uid !== 0 || candidate.pids.length < 2 || candidate.pids.at(-1) !== 1) return undefined;
  return { ...candidate, stateDir, programs };
}

/** The processes that run `program` in the node itself (not in one of its containers, which have namespaces below). */
export function running(program: string, node: NodeProcess, all: readonly Inhabitant[]): Inhabitant[] {
  return all.filter(({ argv, pidNamespace }) => pidNamespace === node.pidNamespace && argv[0] === program);
}

/** The numbers of the `NSpid:` line of /proc/PID/status. */
export function parsePids(status: string): number[] {
  const [, numbers] = /^NSpid:\s*(.*)$/m.exec(status) ?? [];
  return (numbers ?? '').split(/\s+/).filter(Boolean).map(Number);
}

/** The effective user of the `Uid:` line of /proc/PID/status; -1 without one. */
export function parseUid(status: string): number {
  return Number(/^Uid:\s*\d+\s+(\d+)/m.exec(status)?.[1] ?? -1);
}

/** Every process that can be looked at; one that ends meanwhile is left out. */
export function inhabitants(): Inhabitant[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => inhabitant(Number(name)))
    .filter((found) => found !== undefined);
}

export function nodes(all: readonly Inhabitant[] = inhabitants()): NodeProcess[] {
  return all.map(asNode).filter((node) => node !== undefined);
}

function inhabitant(pid: number): Inhabitant | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined;
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const pidNamespace = readlinkSync(`/proc/${pid}/ns/pid`);
    return { pid, argv, startTime: stat.startTime, pidNamespace, pids: parsePids(status), uid: parseUid(status) };
  } catch {
    return undefined;
  }
}
