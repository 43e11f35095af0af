/** Builds that are broken on purpose, as patches, and which part of the suite must notice each: a net that lets one through has a hole. */
import { spawn } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnomalyName } from '../checker/anomalies.ts';
import { makeScratch } from '../cluster/children.ts';
import { ownRoot } from './ground.ts';
import { paused, restarted, type Scenario, scaled } from './scenarios.ts';

export interface BrokenBuild {
  /** `broken/<name>.patch`. */
  readonly name: string;
  readonly detector: /** A unit test, and what its failure must say. */
    | { readonly kind: 'unit'; readonly file: string; readonly says: RegExp }
    /** A scenario on real processes, and the anomaly that must be among its findings. */
    | { readonly kind: 'scenario'; readonly scenario: Scenario; readonly anomaly: AnomalyName };
}

const core = 'functions-runtime/invoker/src/core';
const shell = 'functions-runtime/invoker/src/shell';
const properties = (promise: string): BrokenBuild['detector'] => ({
  kind: 'unit',
  file: `${core}/properties.test.ts`,
  says: new RegExp(`${promise}: `),
});

/** Those of the list that need transactions are replaced by `acknowledge-before-drain`, `epoch-not-raised` and `splice-unchecked`. */
export const brokenBuilds: readonly BrokenBuild[] = [
  { name: 'commit-before-call', detector: properties('D1') },
  { name: 'commit-highest', detector: properties('D1') },
  { name: 'settle-on-cancel', detector: properties('D1') },
  { name: 'commit-before-dead-letter', detector: properties('D[13]') },
  { name: 'attempts-in-memory-only', detector: properties('D6') },
  { name: 'retry-outlives-revocation', detector: properties('D5') },
  { name: 'patience-without-end', detector: properties('D8') },
  {
    name: 'writes-unfenced',
    detector: {
      kind: 'unit',
      file: 'functions-runtime/kafka/output-lane.test.ts',
      says: /× .*leave the queue when their turn comes/,
    },
  },
  {
    name: 'memory-dropped',
    detector: { kind: 'unit', file: `${core}/attempts.test.ts`, says: /× .*no failed record is forgotten/ },
  },
  {
    name: 'epoch-not-raised',
    detector: { kind: 'unit', file: `${shell}/take-over.test.ts`, says: /× .*one epoch higher/ },
  },
  {
    name: 'reset-out-of-range',
    detector: { kind: 'unit', file: `${shell}/take-over.test.ts`, says: /× .*no commit anywhere \(D11\)/ },
  },
  {
    name: 'splice-unchecked',
    detector: { kind: 'unit', file: 'functions-runtime/contract/cloudevent.test.ts', says: /× .*1},\{.*specversion/ },
  },
  { name: 'acknowledge-before-drain', detector: { kind: 'scenario', scenario: scaled, anomaly: 'dup-call' } },
  { name: 'fence-before-drain', detector: { kind: 'scenario', scenario: restarted, anomaly: 'dup-call' } },
  { name: 'no-check-after-a-pause', detector: { kind: 'scenario', scenario: paused, anomaly: 'stale-call' } },
];

export interface Copy {
  readonly root: string;
  dispose(): void;
}

/** A copy of the sources as they are. */
export function sourceCopy(name: string): Copy {
  const { dir: root, dispose } = makeScratch(`copy-${name}`);
  cpSync(join(ownRoot, 'functions-runtime'), join(root, 'functions-runtime'), { recursive: true });
  cpSync(join(ownRoot, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(ownRoot, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'vitest.config.mjs'), unitConfig);
  return { root, dispose };
}

/** A copy with the patch. Rejects with what to do when the patch does not fit the sources any more. */
export async function brokenCopy(name: string): Promise<Copy> {
  const { root, dispose } = sourceCopy(name);
  const patch = join(import.meta.dirname, 'broken', `${name}.patch`);
  const { code, output } = await run('git', ['apply', '--whitespace=nowarn', patch], root);
  if (code === 0) return { root, dispose };
  dispose();
  throw new Error(
    `${name}.patch does not fit the sources any more: make it anew against them, with the same meaning\n${output}`,
  );
}

const unitConfig = `export default { test: { exclude: ['**/*.integration.test.ts', '**/node_modules/**'], testTimeout: 120_000 } };\n`;

/** Runs one unit test file of the copy. */
export async function unitTest(
  root: string,
  file: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return await run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', file], root);
}

async function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  // Not the settings of the run that this one is part of.
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command, args, {
    cwd,
    env: { PATH, HOME, NO_COLOR: '1', GIT_CEILING_DIRECTORIES: join(cwd, '..') },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, output: Buffer.concat(chunks).toString() };
}
