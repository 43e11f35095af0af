// The cable between the machine and the node, and the routes over it: the only way in or out of the cluster.
import { must, run } from '../commands.ts';
import { Missing } from '../progress.ts';
import { addresses, machineLink, nodeLink } from './addresses.ts';
import type { NodeProcess } from './inhabitants.ts';
import { mustInNode, runInNode } from './node.ts';

/** What `ip -json address` says of one interface. */
interface LinkAddresses {
  readonly addr_info?: readonly { readonly local?: string }[];
}

/** Whether the output of `ip -json address show dev X` holds the address. */
export function hasAddress(json: string, address: string): boolean {
  try {
    const links = JSON.parse(json) as LinkAddresses[];
    return links.some(({ addr_info }) => addr_info?.some(({ local }) => local === address));
  } catch {
    return false;
  }
}

/** Lays the cable and the routes; leaves a complete one as it is. */
export async function connectNode(node: NodeProcess): Promise<void> {
  const { machine, node: nodeAddress, linkPrefix, pods, services } = addresses;
  if (!(await isConnected(node))) {
    await refuseTakenAddresses();
    await run('ip', ['link', 'delete', machineLink]);
    const peer = ['peer', 'name', nodeLink, 'netns', String(node.pid)];
    await must('ip', ['link', 'add', machineLink, 'type', 'veth', ...peer]);
    await mustInNode(node, ['ip', 'address', 'add', `${nodeAddress}/${linkPrefix}`, 'dev', nodeLink]);
    await mustInNode(node, ['ip', 'link', 'set', nodeLink, 'up']);
    await must('ip', ['address', 'add', `${machine}/${linkPrefix}`, 'dev', machineLink]);
    await must('ip', ['link', 'set', machineLink, 'up']);
  }
  // The node itself needs a route to services before kube-proxy's rules can translate the address. There is no default
  // route: nothing the cluster sends can leave the machine.
  await mustInNode(node, ['ip', 'route', 'replace', services, 'dev', nodeLink]);
  for (const range of [pods, services]) {
    await must('ip', ['route', 'replace', range, 'via', nodeAddress, 'dev', machineLink]);
  }
}

async function isConnected(node: NodeProcess): Promise<boolean> {
  const here = await run('ip', ['-json', 'address', 'show', 'dev', machineLink]);
  const there = await runInNode(node, ['ip', '-json', 'address', 'show', 'dev', nodeLink]);
  return hasAddress(here.stdout, addresses.machine) && hasAddress(there.stdout, addresses.node);
}

async function refuseTakenAddresses(): Promise<void> {
  const routes = await must('ip', ['-4', 'route', 'show', 'root', '198.18.0.0/15']);
  const foreign = routes.split('\n').find((line) => line && !line.includes(`dev ${machineLink}`));
  if (!foreign) return;
  const act = 'remove that route, or use a cluster of your own: HEADRACE_KUBECONFIG=<file>';
  throw new Missing(`the machine already routes addresses that the local cluster needs: ${foreign.trim()}`, act);
}
