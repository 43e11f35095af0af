// A person's shell on the cluster: the commands in one folder, and the variables that point to the cluster.
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { kafkaTools, quoted, toolScript } from './kafka-tools.ts';
import { type ClusterRecord, stateDir, writeWhole } from './state.ts';
import { javaCommand, kafkaLibs, tool } from './tools.ts';

const binDir = join(stateDir, 'bin');

/** Fills the folder of commands; what is there is replaced. */
export async function makeCommands(): Promise<void> {
  await mkdir(binDir, { recursive: true });
  for (const name of ['kubectl', 'helm'] as const) {
    await rm(join(binDir, name), { force: true });
    await symlink(await tool(name), join(binDir, name));
  }
  const [java, libs] = [await javaCommand(), await kafkaLibs()];
  for (const [name, mainClass] of Object.entries(kafkaTools)) {
    await writeWhole(join(binDir, name), toolScript(java, libs, mainClass), 0o755);
  }
}

export async function removeCommands(): Promise<void> {
  await rm(binDir, { recursive: true, force: true });
}

/** Lines for a shell to evaluate. */
export function shellLines(record: ClusterRecord, bin = binDir): string {
  const lines = [
    `export KUBECONFIG=${quoted(record.kubeconfig)}`,
    `export PATH=${quoted(bin)}:"$PATH"`,
    `export KAFKA_BOOTSTRAP=${quoted(record.kafkaBootstrap)}`,
    `export KAFKA_BOOTSTRAP_IN_CLUSTER=${quoted(record.kafkaBootstrapInCluster)}`,
  ];
  return `${lines.join('\n')}\n`;
}
