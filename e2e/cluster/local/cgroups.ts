// The cgroups that hold the pods: one tree per hierarchy, made before the kubelet starts, removed when all is over.
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The kubelet's cgroup root; everything that pods use is below it. */
export const cgroupRoot = '/headrace';

interface Hierarchy {
  readonly mountPoint: string;
  readonly version: 1 | 2;
  /** Of version 1 only. */
  readonly controllers: readonly string[];
}

/** The cgroup hierarchies in the text of /proc/self/mounts. */
export function parseHierarchies(mounts: string): Hierarchy[] {
  return mounts.split('\n').flatMap((line): Hierarchy[] => {
    const [, mountPoint, type, options] = line.split(' ');
    if (!mountPoint || !options) return [];
    if (type === 'cgroup2') return [{ mountPoint, version: 2, controllers: [] }];
    return type === 'cgroup' ? [{ mountPoint, version: 1, controllers: options.split(',') }] : [];
  });
}

export async function makeCgroups(): Promise<void> {
  const all = await hierarchies();
  // Beside version 1 the unified hierarchy only names groups for systemd; the kubelet does not look at it.
  const used = all.some(({ version }) => version === 1) ? all.filter(({ version }) => version === 1) : all;
  for (const { mountPoint, controllers } of used) {
    const dir = join(mountPoint, cgroupRoot);
    await mkdir(dir, { recursive: true });
    if (!controllers.includes('cpuset')) continue;
    // A new cpuset group is empty and takes no process until it has processors and memory nodes.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      await writeFile(join(dir, file), await readFile(join(mountPoint, file)));
    }
  }
}

/** Removes the trees; false while a process that is ending still holds one. */
export async function removeCgroups(): Promise<boolean> {
  const results: boolean[] = [];
  for (const { mountPoint } of await hierarchies()) results.push(await removeTree(join(mountPoint, cgroupRoot)));
  return results.every(Boolean);
}

async function hierarchies(): Promise<Hierarchy[]> {
  return parseHierarchies(await readFile('/proc/self/mounts', 'utf8'));
}

async function removeTree(dir: string): Promise<boolean> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) await removeTree(join(dir, entry.name));
    await rmdir(dir);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return true;
    if (code === 'EBUSY') return false;
    throw error;
  }
}
