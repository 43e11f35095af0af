/** The one reader of the benchmark's environment: which parts, how often, how long. */

export const partNames = ['drain', 'latency', 'source', 'lag', 'slow-partition', 'idle'] as const;
export type PartName = (typeof partNames)[number];

export interface BenchSettings {
  readonly parts: readonly PartName[];
  /** Runs of each cell. */
  readonly runs: number;
  /** Loads are multiplied by this: 1, or less in the short form. */
  readonly scale: number;
  /** Where the tables go besides the terminal; null: nowhere. */
  readonly writes: boolean;
  /** A folder for CPU profiles of the invokers and bare loops; null: none are taken. */
  readonly profileDir: string | null;
}

const shortScale = 0.1;

/**
 * `BENCH_ONLY`: names of parts, separated by commas. `BENCH_SHORT=1`: a tenth of the load, one run, nothing written. `BENCH_RUNS`: runs of each
 * cell (3). `BENCH_PROFILE`: a folder for CPU profiles; nothing is written then. Throws with the names that there are.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): BenchSettings {
  const isShort = (env.BENCH_SHORT ?? '') !== '';
  const runs = Number(env.BENCH_RUNS ?? (isShort ? 1 : 3));
  if (!Number.isInteger(runs) || runs < 1 || runs > 100) {
    throw new Error(`BENCH_RUNS is ${JSON.stringify(env.BENCH_RUNS)}: give a whole number from 1 to 100`);
  }
  const profileDir = env.BENCH_PROFILE || null;
  return {
    parts: partsOf(env.BENCH_ONLY ?? ''),
    runs,
    scale: isShort ? shortScale : 1,
    writes: !isShort && profileDir === null,
    profileDir,
  };
}

function partsOf(list: string): readonly PartName[] {
  const asked = list.split(',').filter((name) => name !== '');
  const unknown = asked.filter((name) => !partNames.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`BENCH_ONLY names ${unknown}: there are ${partNames.join(', ')}`);
  return asked.length === 0 ? partNames : partNames.filter((name) => asked.includes(name));
}
