// A package from the registry with all that it needs, as package-lock.json pins them: to be copied into an image as they were published.
import { createHash } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

/** The parts of package-lock.json that are read here. Keys are paths from the root, as `node_modules/a/node_modules/b`. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  /** Digest of the published archive. */
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Paths of the package and of all that it needs, each found as Node would find it. Throws where one is not in the lock file. */
export function closureOf(name: string, { packages }: Lock): readonly string[] {
  const found = new Set<string>();
  const open = [pathOf(name, '', packages)];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    for (const dependency of Object.keys(packages[path]?.dependencies ?? {})) {
      open.push(pathOf(dependency, path, packages));
    }
  }
  return [...found].sort();
}

/** The nearest `node_modules` upwards that has it. */
function pathOf(name: string, from: string, packages: Lock['packages']): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') throw new Error(`${name}, which ${from || 'the image'} needs, is not in package-lock.json`);
  }
}

/** Changes when the published content of one of these packages would. */
export function digestOf(paths: readonly string[], { packages }: Lock): string {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path} ${packages[path]?.integrity}\n`);
  return hash.digest('hex');
}

/** Copies the packages from below `root` to the same paths below `target`. */
export async function copyPackages(paths: readonly string[], root: string, target: string): Promise<void> {
  for (const path of paths) await cp(join(root, path), join(target, path), { recursive: true });
}
