// The programs that must be on the machine before anything can be built: found, installed from Debian, or asked for.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable, must, onPath, run } from './commands.ts';
import { locked } from './lock.ts';
import { Missing, step } from './progress.ts';
import { cacheRoot, minimums } from './versions.ts';

const installTimeoutMs = 10 * 60_000;
const aptOptions = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: installTimeoutMs };
/** How long to wait while somebody else's package manager is at work. */
const aptLockTimeoutSeconds = 300;

let listsFetched: Promise<string> | undefined;

/** The Go command, of a version that builds the pinned modules. Debian's own is too old to be of use. */
export async function goCommand(): Promise<string> {
  const wanted = minimums.go.join('.');
  const act = `install Go ${wanted} or later (https://go.dev/doc/install) and put its bin folder on PATH`;
  const go = await onPath('go');
  if (!go) throw new Missing('Go is not installed', act);
  // GOTOOLCHAIN=local: the version that is installed, not one that Go would download.
  const output = await must(go, ['version'], { env: { GOTOOLCHAIN: 'local' } });
  const found = parseGoVersion(output);
  if (!found) throw new Missing(`"go version" says ${JSON.stringify(output.trim())}`, act);
  if (!isAtLeast(found, minimums.go)) throw new Missing(`Go ${found.join('.')} is too old`, act);
  return go;
}

/** The `java` command, of a version that runs the pinned Kafka. */
export async function javaCommand(): Promise<string> {
  const home = process.env.JAVA_HOME;
  const ofHome = `${home}/bin/java`;
  const found = home && (await isExecutable(ofHome)) ? ofHome : await onPath('java');
  const act = `install a Java ${minimums.java} runtime (Debian: apt-get install openjdk-17-jre-headless)`;
  const java = found ?? (await installed('java', 'openjdk-17-jre-headless', act));
  const { stdout, stderr } = await run(java, ['-version']);
  const major = parseJavaMajor(stderr + stdout);
  if (major === undefined || major < minimums.java) throw new Missing(`${java} is Java ${major ?? 'unknown'}`, act);
  return java;
}

/** The `mvn` command. */
export async function mavenCommand(): Promise<string> {
  const act = 'install Maven 3 (Debian: apt-get install maven)';
  return (await onPath('mvn')) ?? (await installed('mvn', 'maven', act));
}

/**
 * Sees to it that these Debian packages are installed: asks for the absent ones only, and fetches the package lists
 * once per process. Throws `Missing` when the machine is not a Debian or this process is not root.
 */
export async function debianPackages(names: readonly string[]): Promise<void> {
  if (!(await isDebian())) {
    throw new Missing('this is not Debian, so its packages cannot be installed', `install: ${names.join(' ')}`);
  }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
  const listing = await run('dpkg-query', ['-W', '-f', '${Package}\t${db:Status-Status}\n', ...names]);
  const absent = absentPackages(names, listing.stdout);
  if (absent.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${absent.join(' ')}`;
  if (process.geteuid?.() !== 0) throw new Missing(`not installed: ${absent.join(' ')}`, `as root: ${command}`);
  await step(`installing Debian packages: ${absent.join(' ')}`, async () => {
    try {
      await locked(join(cacheRoot, 'apt.lock'), installTimeoutMs, async () => {
        listsFetched ??= must('apt-get', ['update', '-q'], aptOptions);
        await listsFetched;
        const flags = ['-q', '-y', '--no-install-recommends', '-o', `DPkg::Lock::Timeout=${aptLockTimeoutSeconds}`];
        await must('apt-get', ['install', ...flags, ...absent], aptOptions);
      });
    } catch (cause) {
      listsFetched = undefined;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Missing(`Debian packages could not be installed: ${reason}`, `apt-get update && ${command}`, { cause });
    }
  });
}

/** Which of `names` a `dpkg-query -W` listing (package, tab, status) does not show as installed. */
export function absentPackages(names: readonly string[], listing: string): string[] {
  const present = new Set(
    listing
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([, status]) => status === 'installed')
      .map(([name]) => name),
  );
  return names.filter((name) => !present.has(name));
}

/** "go version go1.26.8 linux/amd64" → [1, 26, 8]; undefined when it names no release. */
export function parseGoVersion(output: string): number[] | undefined {
  const [, numbers] = /\bgo(\d+(?:\.\d+)+)/.exec(output) ?? [];
  return numbers?.split('.').map(Number);
}

/** The major version in what `java -version` prints; 8 for the old "1.8.0" form. */
export function parseJavaMajor(output: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  return first === undefined ? undefined : Number(first === '1' ? second : first);
}

export function isAtLeast(found: readonly number[], wanted: readonly number[]): boolean {
  for (const [index, least] of wanted.entries()) {
    const part = found[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

async function installed(command: string, debianPackage: string, act: string): Promise<string> {
  if (!(await isDebian()) || process.geteuid?.() !== 0) throw new Missing(`${command} is not installed`, act);
  await debianPackages([debianPackage]);
  const found = await onPath(command);
  if (!found) throw new Missing(`${command} is not on PATH although ${debianPackage} is installed`, act);
  return found;
}

async function isDebian(): Promise<boolean> {
  if (!(await onPath('apt-get')) || !(await onPath('dpkg-query'))) return false;
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*\bdebian\b/m.test(release);
}
