// The node: a namespace of processes, mounts and network of its own, whose end is the end of everything in it.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Finished, must, type RunOptions, run } from '../commands.ts';
import { pauseProgram } from '../images/pause.ts';
import { Missing } from '../progress.ts';
import { stateDir } from '../state.ts';
import { cacheDir, type Tool, tool } from '../tools.ts';
import { until } from '../waiting.ts';
import { nodeName } from './addresses.ts';
import { type NodeProcess, nodeProcessName, nodes } from './inhabitants.ts';
import { inside, outside, program } from './paths.ts';
import { removeLeftovers } from './removal.ts';

const programs: readonly Tool[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
];

/** Changes when other programs would run in the node. */
const programsId = basename(cacheDir);

/**
 * What turns a fresh set of namespaces into the node. Its /var and /run are its own, so nothing the cluster writes shows
 * on the machine, and every mount made below them vanishes with the node. The last line replaces the shell by a process
 * that only reaps orphans; its name and its arguments are how the node is found again.
 */
const script = `set -eu
mount --make-rshared /
dir=$1; programs=$2; shift 2
for program in "$@"; do
  touch "$dir/node${inside.bin}/\${program##*/}"
  mount --bind "$program" "$dir/node${inside.bin}/\${program##*/}"
done
mount --bind "$dir/node/run" /run
mount --rbind "$dir/node/var" /var
hostname ${nodeName}
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
exec -a ${nodeProcessName} ${program('pause')} "$dir" "$programs"
`;

/** The node of this machine, or undefined. There is at most one: its addresses are fixed. */
export function findNode(): NodeProcess | undefined {
  const found = nodes();
  const foreign = found.find((node) => node.stateDir !== stateDir);
  if (foreign) {
    const act = 'end it with "make down" (it removes every cluster of Headrace on this machine)';
    throw new Missing(`another local cluster runs on this machine, with its state in ${foreign.stateDir}`, act);
  }
  const older = found.find((node) => node.programs !== programsId);
  if (older) {
    throw new Missing(
      'the local cluster runs programs of other versions than this checkout pins',
      'make down, then up',
    );
  }
  return found[0];
}

/** Starts the node where none runs. What an earlier one left on disk (etcd, volumes, images) is taken up again. */
export async function startNode(): Promise<NodeProcess> {
  await removeLeftovers();
  await makeFolders();
  const paths = await Promise.all(programs.map((name) => tool(name)));
  await copyFile(await pauseProgram(), outside(program('pause')));
  const logFile = join(stateDir, 'node.log');
  const log = openSync(logFile, 'w');
  const namespaces = ['--mount', '--net', '--pid', '--uts', '--fork', '--mount-proc'];
  const child = spawn('unshare', [...namespaces, 'bash', '-c', script, 'node', stateDir, programsId, ...paths], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: daemonEnv,
  });
  closeSync(log);
  let ended = false;
  child.on('error', () => {
    ended = true;
  });
  child.on('exit', () => {
    ended = true;
  });
  child.unref();
  const patience = { atMostMs: 20_000, everyMs: 20 };
  const explain = () => readFile(logFile, 'utf8');
  await until('the node has started', patience, () => (ended || nodes().length > 0 ? true : undefined), explain);
  const node = findNode();
  if (!node) throw new Error(`the node ended at once: ${await explain()}`);
  return node;
}

/** The environment of what runs in the node: nothing of the caller's. */
export const daemonEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };

/** Runs a program in the node to its end. */
export function runInNode(node: NodeProcess, argv: readonly string[], options?: RunOptions): Promise<Finished> {
  return run('nsenter', entering(node, argv), options);
}

export function mustInNode(node: NodeProcess, argv: readonly string[], options?: RunOptions): Promise<string> {
  return must('nsenter', entering(node, argv), options);
}

function entering(node: NodeProcess, argv: readonly string[]): string[] {
  return ['--target', String(node.pid), '--mount', '--net', '--pid', '--uts', '--', ...argv];
}

async function makeFolders(): Promise<void> {
  for (const path of ['/run', '/var/lib/cni', '/var/tmp', ...Object.values(inside)]) {
    await mkdir(outside(path), { recursive: true });
  }
  // Like after a restart of a real machine: nothing of /run is left, and /var/run is the same folder.
  for (const path of ['/run', '/var/run']) await rm(outside(path), { recursive: true, force: true });
  await mkdir(outside(inside.runContainerd), { recursive: true });
  await symlink('/run', outside('/var/run'));
}
