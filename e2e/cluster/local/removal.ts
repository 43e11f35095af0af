// Taking a node away: its processes by ending its first one, then the cable and the cgroups that it leaves behind.
import { access } from 'node:fs/promises';
import { run } from '../commands.ts';
import { isAlive } from '../processes.ts';
import { until } from '../waiting.ts';
import { machineLink } from './addresses.ts';
import { removeCgroups } from './cgroups.ts';
import { type NodeProcess, nodes } from './inhabitants.ts';

/** Ends every node of this machine, also one that another checkout or an interrupted run started. */
export async function removeNodes(): Promise<NodeProcess[]> {
  const found = nodes();
  for (const node of found) await endNode(node);
  await removeLeftovers();
  return found;
}

/** Removes what stays when a node has ended. Does nothing when there is nothing. */
export async function removeLeftovers(): Promise<void> {
  // The kernel takes the cable away with the node's network, some time later: often in the middle of this.
  const { stderr } = await run('ip', ['link', 'delete', machineLink]);
  if (await linkExists(machineLink)) throw new Error(`the interface ${machineLink} cannot be removed: ${stderr}`);
  await until('the cgroups of the pods are empty', { atMostMs: 20_000, everyMs: 50 }, async () =>
    (await removeCgroups()) ? true : undefined,
  );
}

/** Ends the node and with it every process, mount and interface in it; waits until the kernel is done. */
async function endNode(node: NodeProcess): Promise<void> {
  if (isAlive(node)) process.kill(node.pid, 'SIGKILL');
  await until('the node has ended', { atMostMs: 60_000, everyMs: 20 }, () => (isAlive(node) ? undefined : true));
}

async function linkExists(name: string): Promise<boolean> {
  return access(`/sys/class/net/${name}`).then(
    () => true,
    () => false,
  );
}
