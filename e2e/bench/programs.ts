/** The programs that are measured, bundled and started as their images do it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Child, startChild } from '../cluster/children.ts';
import { bundle } from '../cluster/images/bundles.ts';
import { components } from '../cluster/images/components.ts';
import { untilReady } from '../cluster/readiness.ts';

const root = resolve(import.meta.dirname, '..', '..');
const readyWithinMs = 20_000;

export type ProgramName = 'invoker' | 'host' | 'bare-loop';

/** A bundle in a folder and the flags of Node with which its image runs it. */
export interface Program {
  readonly name: ProgramName;
  readonly path: string;
  readonly flags: readonly string[];
}

const images: Readonly<Record<Exclude<ProgramName, 'bare-loop'>, string>> = {
  invoker: 'headrace/invoker',
  host: 'headrace/host-node26',
};

/** Writes the bundle of each program to the folder. */
export async function bundlePrograms(dir: string): Promise<Readonly<Record<ProgramName, Program>>> {
  const shipped = async (name: keyof typeof images): Promise<Program> => {
    const component = components.find((each) => each.name === images[name])!;
    const flags = flagsOf(readFileSync(join(root, component.dockerfile), 'utf8'));
    return { name, path: await written(dir, name, component.entry), flags };
  };
  const [invoker, host] = await Promise.all([shipped('invoker'), shipped('host')]);
  // What makes Node quicker for the invoker must not be kept from what it is compared with.
  const path = await written(dir, 'bare-loop', 'e2e/bench/bare-loop/main.ts');
  return { invoker, host, 'bare-loop': { name: 'bare-loop', path, flags: invoker.flags } };
}

async function written(dir: string, name: ProgramName, entry: string): Promise<string> {
  const path = join(dir, `${name}.mjs`);
  writeFileSync(path, await bundle(join(root, entry)));
  return path;
}

/** The flags in `ENTRYPOINT ["node", …flags, "/…/file.mjs"]`. */
export function flagsOf(dockerfile: string): readonly string[] {
  const entrypoint = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1];
  const words = entrypoint === undefined ? [] : (JSON.parse(entrypoint) as string[]);
  if (words[0] !== 'node' || words.length < 2) throw new Error(`no image of Node: ENTRYPOINT ${entrypoint}`);
  return words.slice(1, -1);
}

export interface Start {
  readonly program: Program;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Answers 200 when the program is ready. */
  readonly readyUrl: string;
  readonly profileDir: string | null;
}

let started = 0;

export async function startProgram({ program, dir, env, readyUrl, profileDir }: Start): Promise<Child> {
  started += 1;
  const logPath = join(dir, `${program.name}-${started}.log`);
  const profiling =
    profileDir === null
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${program.name}-${started}.cpuprofile`];
  const child = await startChild({
    name: program.name,
    command: process.execPath,
    args: [...profiling, ...program.flags, program.path],
    env: { NODE_ENV: 'production', NODE_NO_WARNINGS: '1', ...env },
    cwd: dir,
    logPath,
  });
  const isReady = async () => (await fetch(readyUrl).catch(() => null))?.status === 200;
  await untilReady(program.name, child, logPath, readyWithinMs, isReady);
  return child;
}
