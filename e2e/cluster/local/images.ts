// Images into the node: imported from archives, each once.
import { must } from '../commands.ts';
import type { NodeProcess } from './inhabitants.ts';
import { containerdSocket } from './node-config.ts';

const importTimeoutMs = 5 * 60_000;

/** The name that an archive gives its image. */
export async function imageNameIn(archive: string): Promise<string> {
  const index = await must('tar', ['--extract', '--to-stdout', '--file', archive, 'index.json']);
  return nameInIndex(index);
}

/** The full name in an OCI archive's index.json. */
export function nameInIndex(indexJson: string): string {
  const index = JSON.parse(indexJson) as { manifests?: { annotations?: Record<string, string> }[] };
  const name = index.manifests?.[0]?.annotations?.['org.opencontainers.image.ref.name'];
  if (!name) throw new Error('the archive names no image');
  return name;
}

/** Imports what the node does not have yet. */
export async function importImages(node: NodeProcess, archives: readonly string[]): Promise<void> {
  const held = new Set((await ctr(node, ['images', 'list', '--quiet'])).split('\n'));
  for (const archive of archives) {
    if (held.has(await imageNameIn(archive))) continue;
    await ctr(node, ['images', 'import', archive]);
  }
}

/** The socket is reached through the node's first process: its path in the state folder may be too long for one. */
function ctr(node: NodeProcess, args: readonly string[]): Promise<string> {
  const socket = `/proc/${node.pid}/root${containerdSocket}`;
  return must('ctr', ['--address', socket, '--namespace', 'k8s.io', ...args], { timeoutMs: importTimeoutMs });
}
