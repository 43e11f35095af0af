// The few files of Debian that a program in an image needs: taken out of its packages, without a shell or a package tool.
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from '../commands.ts';
import { Missing } from '../progress.ts';
import { cacheDir } from '../tools.ts';

const packages = ['base-files', 'ca-certificates', 'libatomic1', 'libc6', 'libgcc-s1', 'libstdc++6', 'zlib1g'];

/** The user that everything runs as: the number that images without a shell commonly use. */
export const user = 65532;

const unwanted = ['share/man', 'share/info', 'share/locale', 'share/lintian', 'share/bug', 'sbin', 'games', 'src'];

/** Changes when the files in the image would. */
export const rootfsRecipe = JSON.stringify([packages, user, unwanted, 1]);

/** Unpacks the packages into `target` and adds the files that their installation would have made. */
export async function makeRootfs(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const archive of await debs()) await must('dpkg-deb', ['--extract', archive, target]);
  for (const path of unwanted) await rm(join(target, 'usr', path), { recursive: true, force: true });
  await keepLicencesOnly(join(target, 'usr/share/doc'));
  await writeFile(join(target, 'etc/passwd'), `root:x:0:0:root:/root:/\nheadrace:x:${user}:${user}::/tmp:/\n`);
  await writeFile(join(target, 'etc/group'), `root:x:0:\nheadrace:x:${user}:\n`);
  await writeFile(join(target, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  await mkdir(join(target, 'etc/ssl/certs'), { recursive: true });
  await writeFile(join(target, 'etc/ssl/certs/ca-certificates.crt'), await certificates(target));
  await chmod(join(target, 'tmp'), 0o1777);
}

/** The packages' archives; the first use downloads them. */
async function debs(): Promise<string[]> {
  const kept = join(cacheDir, 'debs');
  const names = await readdir(kept).catch(() => undefined);
  if (names) return names.map((name) => join(kept, name));
  const fresh = await mkdtemp(join(cacheDir, 'making-debs-'));
  try {
    await download(fresh).catch(async () => {
      await must('apt-get', ['update', '-q'], { timeoutMs: 300_000 });
      await download(fresh);
    });
    await rename(fresh, kept);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Missing(`Debian packages could not be downloaded: ${reason}`, 'apt-get update, then try again', {
      cause,
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return (await readdir(kept)).map((name) => join(kept, name));
}

async function download(dir: string): Promise<void> {
  const description = await must('apt-cache', ['show', '--no-all-versions', 'libgcc-s1']);
  // The licence of GCC's libraries lies in a package that is named after GCC's version.
  const licences = /\bgcc-\d+-base\b/.exec(description)?.[0];
  // Root's folders are closed to the user that apt would otherwise download as.
  const args = ['download', '-q', '-o', 'APT::Sandbox::User=root', ...packages, ...(licences ? [licences] : [])];
  await must('apt-get', args, { cwd: dir, timeoutMs: 300_000 });
}

async function keepLicencesOnly(docs: string): Promise<void> {
  for (const { name, parentPath } of await readdir(docs, { withFileTypes: true, recursive: true })) {
    const isLicence = name === 'copyright' || parentPath.endsWith('common-licenses');
    if (!isLicence && parentPath !== docs) await rm(join(parentPath, name), { recursive: true, force: true });
  }
}

/** All certificates that Debian trusts, one after the other, as update-ca-certificates would write them. */
async function certificates(target: string): Promise<string> {
  const dir = join(target, 'usr/share/ca-certificates/mozilla');
  const names = (await readdir(dir)).sort();
  return (await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')))).join('');
}
