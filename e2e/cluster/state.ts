// Where a running cluster leaves its traces, and the record that says how it was made.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type WayName = 'given' | 'kind' | 'local';

/** One cluster per user: every checkout finds the same one. */
export const stateDir = join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'headrace');

/** What `up` writes when all is ready, and what everything else starts from. */
export interface ClusterRecord {
  readonly way: WayName;
  readonly kubeconfig: string;
  /** host:port, from this machine. */
  readonly kafkaBootstrap: string;
  /** host:port, from a pod. */
  readonly kafkaBootstrapInCluster: string;
}

const recordFile = join(stateDir, 'cluster.json');

export async function readRecord(): Promise<ClusterRecord | undefined> {
  try {
    return JSON.parse(await readFile(recordFile, 'utf8')) as ClusterRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${recordFile} cannot be read: remove it, then bring the cluster up again`, { cause: error });
  }
}

export async function writeRecord(record: ClusterRecord): Promise<void> {
  await writeWhole(recordFile, `${JSON.stringify(record, null, 2)}\n`);
}

export async function removeRecord(): Promise<void> {
  await rm(recordFile, { force: true });
}

/** Writes a file so that nobody ever reads half of it. */
export async function writeWhole(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  await writeFile(draft, content, { mode });
  await rename(draft, path);
}
