// Who a process is: pid, start time and command line together, because a pid alone is soon somebody else's.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process that was alive when it was looked at. */
export interface Identity {
  readonly pid: number;
  /** Opaque; equal only for the same process. Clock ticks since boot on Linux, `ps` start time elsewhere. */
  readonly startTime: string;
  readonly argv: readonly string[];
}

/** The process that has this pid now, or undefined when there is none (a zombie counts as none). */
export function identify(pid: number): Identity | undefined {
  return process.platform === 'linux' ? identifyByProc(pid) : identifyByPs(pid);
}

/** Whether the process recorded earlier is still the one that runs under its pid. */
export function isAlive(recorded: Pick<Identity, 'pid' | 'startTime'>): boolean {
  return identify(recorded.pid)?.startTime === recorded.startTime;
}

/** Whether no thread of it runs any more after a SIGSTOP, which reaches them one by one. Without /proc it is believed. */
export function isFrozen(pid: number): boolean {
  if (process.platform !== 'linux') return true;
  const threads = `/proc/${pid}/task`;
  return readdirSync(threads).every((thread) => {
    try {
      return parseStat(readFileSync(`${threads}/${thread}/stat`, 'utf8'))?.state === 'T';
    } catch {
      // It ended meanwhile.
      return true;
    }
  });
}

/** The state letter and the start time (field 22) of a /proc/PID/stat line; the name in it may hold blanks and brackets. */
export function parseStat(stat: string): { state: string; startTime: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return state && startTime ? { state, startTime } : undefined;
}

function identifyByProc(pid: number): Identity | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined;
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    return { pid, startTime: stat.startTime, argv };
  } catch {
    return undefined;
  }
}

function identifyByPs(pid: number): Identity | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=,command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const [, state, startTime, command] = /^(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line) ?? [];
    if (!state || !startTime || command === undefined || state.startsWith('Z')) return undefined;
    return { pid, startTime, argv: command.split(' ') };
  } catch {
    return undefined;
  }
}
