/** What processes cost, read from /proc: CPU seconds, memory, and how much of the machine others used meanwhile. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second on every architecture (USER_HZ). */
const ticksPerSecond = 100;

/** User and system time of the process with all its threads. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export interface Memory {
  readonly residentMb: number;
  /** The most since the start of the process. */
  readonly peakMb: number;
}

export function memory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { residentMb: mb('VmRSS'), peakMb: mb('VmHWM') };
}

/** CPU seconds that the whole machine was not idle for since it was started. */
function machineCpuSeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq + steal) / ticksPerSecond;
}

/** Our child processes whose command line has the word. */
export function childrenWith(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1]);
        return parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
      } catch {
        return false;
      }
    });
}

/** A stopwatch over processes: what each used since it was started, and what all others of the machine used. */
export class CpuWatch {
  readonly #begins: ReadonlyMap<number, number>;
  readonly #machineBegin = machineCpuSeconds();
  readonly #beganAtMs = performance.now();
  readonly #ownBegin = cpuSeconds(process.pid);

  constructor(pids: readonly number[]) {
    this.#begins = new Map(pids.map((pid) => [pid, cpuSeconds(pid)]));
  }

  read(): { readonly seconds: number; readonly byPid: ReadonlyMap<number, number>; readonly othersCores: number } {
    const seconds = (performance.now() - this.#beganAtMs) / 1000;
    const byPid = new Map([...this.#begins].map(([pid, begin]) => [pid, cpuSeconds(pid) - begin]));
    const ours = cpuSeconds(process.pid) - this.#ownBegin + [...byPid.values()].reduce((sum, each) => sum + each, 0);
    return { seconds, byPid, othersCores: Math.max(0, machineCpuSeconds() - this.#machineBegin - ours) / seconds };
  }
}
