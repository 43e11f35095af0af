// Building one image from a folder: by a Docker engine where there is one, else by buildah, always into an archive.
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { must, run } from '../commands.ts';
import { locked } from '../lock.ts';
import { step } from '../progress.ts';
import { writeWhole } from '../state.ts';
import { cacheDir, debianPackages } from '../tools.ts';

export type Engine = 'docker' | 'buildah';

/** What to build: `fill` writes the build context, Dockerfile included, into an empty folder. */
export interface Recipe {
  readonly ref: string;
  readonly args?: Readonly<Record<string, string>>;
  /** The local image that the Dockerfile builds on; a public one is pulled by the Docker engine itself. */
  readonly base?: Base;
  fill(context: string): Promise<void>;
}

/** A local image and the archive that holds it. */
export interface Base {
  readonly ref: string;
  readonly archive: string;
}

const archives = join(cacheDir, 'images');
const buildahDir = join(cacheDir, 'buildah');
const buildahSettings = join(buildahDir, 'containers.conf');
const buildahEnv = { CONTAINERS_CONF: buildahSettings };
const buildTimeoutMs = 20 * 60_000;
/** Of each image this many archives stay: the one in use and the one to go back to. */
const keptPerImage = 3;

/** The path of the image's archive; builds it when the cache does not hold it. */
export async function archiveOf(engine: Engine, recipe: Recipe): Promise<string> {
  const { file, family } = archiveName(recipe.ref);
  const path = join(archives, file);
  if (await touched(path)) return path;
  await locked(join(cacheDir, 'images.lock'), buildTimeoutMs, async () => {
    if (await touched(path)) return;
    await step(`building the image ${recipe.ref}`, () => build(engine, recipe, path));
    await prune(family);
  });
  return path;
}

async function build(engine: Engine, recipe: Recipe, path: string): Promise<void> {
  const work = join(cacheDir, 'image-being-built');
  await rm(work, { recursive: true, force: true });
  const context = join(work, 'context');
  await mkdir(context, { recursive: true });
  await mkdir(archives, { recursive: true });
  await recipe.fill(context);
  const draft = join(work, 'image.tar');
  const args = Object.entries(recipe.args ?? {}).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  switch (engine) {
    case 'docker':
      await must('docker', ['build', '--quiet', '--tag', recipe.ref, ...args, context], { timeoutMs: buildTimeoutMs });
      await must('docker', ['save', '--output', draft, recipe.ref], { timeoutMs: buildTimeoutMs });
      break;
    case 'buildah':
      await buildWithBuildah(recipe, context, args, draft);
      break;
  }
  await rename(draft, path);
  await rm(work, { recursive: true, force: true });
}

async function buildWithBuildah(recipe: Recipe, context: string, args: string[], draft: string): Promise<void> {
  await debianPackages(['buildah']);
  const image = fullName(recipe.ref);
  if (recipe.base && !(await holds(recipe.base)))
    await mustBuildah('pull', '--quiet', `oci-archive:${recipe.base.archive}`);
  await mustBuildah('bud', '--quiet', '--pull-never', '--tag', image, ...args, context);
  await mustBuildah('push', '--quiet', image, `oci-archive:${draft}:${image}`);
  await mustBuildah('rmi', '--force', image);
}

/** In a mount namespace of its own: what buildah mounts cannot outlive it, even when it is killed. */
async function mustBuildah(...args: string[]): Promise<string> {
  // Else it makes folders in /etc for networks that nothing here uses.
  await writeWhole(buildahSettings, `[network]\nnetwork_config_dir = "${join(buildahDir, 'networks')}"\n`);
  return must('unshare', buildahArgs(args), { env: buildahEnv, timeoutMs: buildTimeoutMs });
}

async function holds(base: Base): Promise<boolean> {
  const { code } = await run('unshare', buildahArgs(['inspect', '--type', 'image', fullName(base.ref)]), {
    env: buildahEnv,
  });
  return code === 0;
}

function buildahArgs(args: readonly string[]): string[] {
  const store = [
    '--root',
    join(buildahDir, 'root'),
    '--runroot',
    join(buildahDir, 'run'),
    '--storage-driver',
    'overlay',
  ];
  return ['--mount', '--propagation', 'private', 'buildah', ...store, ...args];
}

/** The name under which a node looks for an image that is named without a registry. */
export function fullName(ref: string): string {
  return `docker.io/${ref}`;
}

/** The file that an image's archive is kept in, and the start of the names of all archives of that image. */
export function archiveName(ref: string): { file: string; family: string } {
  const [name = '', tag = ''] = ref.split(':');
  const family = `${name.replaceAll('/', '_')}_`;
  return { file: `${family}${tag}.tar`, family };
}

/** Whether the archive is there; marks it as used. */
async function touched(path: string): Promise<boolean> {
  const now = new Date();
  return utimes(path, now, now).then(
    () => true,
    () => false,
  );
}

async function prune(family: string): Promise<void> {
  const names = (await readdir(archives)).filter((name) => name.startsWith(family));
  const dated = await Promise.all(
    names.map(async (name) => ({ path: join(archives, name), usedAtMs: (await stat(join(archives, name))).mtimeMs })),
  );
  dated.sort((a, b) => b.usedAtMs - a.usedAtMs);
  for (const { path } of dated.slice(keptPerImage)) await rm(path, { force: true });
}
