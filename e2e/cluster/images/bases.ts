// The images that others build on, made from this machine's packages: Debian's libraries, Node on them, Java on them.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { must } from '../commands.ts';
import { Missing } from '../progress.ts';
import { debianPackages } from '../tools.ts';
import { archiveOf, type Base, fullName } from './builder.ts';
import { contentHash } from './content-hash.ts';
import { makeRootfs, rootfsRecipe, user } from './rootfs.ts';

const nodePackage = resolve(import.meta.dirname, '..', '..', '..', 'node_modules', 'node');

const slimDockerfile = `FROM scratch
COPY rootfs/ /
ENV PATH=/usr/local/bin:/usr/bin:/bin
USER ${user}:${user}
`;

const nodeDockerfile = `ARG BASE
FROM \${BASE}
COPY node /usr/local/bin/node
ENTRYPOINT ["node"]
`;

const javaDockerfile = `ARG BASE
FROM \${BASE}
COPY java /opt/java
ENV JAVA_HOME=/opt/java PATH=/opt/java/bin:/usr/local/bin:/usr/bin:/bin
`;

/** What a Kafka broker and its tools use of Java. */
const javaModules = [
  'java.base',
  'java.compiler',
  'java.desktop',
  'java.logging',
  'java.management',
  'java.management.rmi',
  'java.naming',
  'java.net.http',
  'java.rmi',
  'java.scripting',
  'java.security.jgss',
  'java.security.sasl',
  'java.sql',
  'java.xml',
  'jdk.crypto.ec',
  'jdk.jcmd',
  'jdk.management',
  'jdk.security.auth',
  'jdk.security.jgss',
  'jdk.unsupported',
  'jdk.zipfs',
];

/** glibc, libstdc++ and the certificates that Debian trusts; no shell. */
async function slimBase(): Promise<Base> {
  const ref = `headrace/slim:${contentHash(rootfsRecipe, slimDockerfile)}`;
  const fill = async (context: string) => {
    await makeRootfs(join(context, 'rootfs'));
    await writeFile(join(context, 'Dockerfile'), slimDockerfile);
  };
  return { ref, archive: await archiveOf('buildah', { ref, fill }) };
}

/** Takes the place of the public `node:26-bookworm-slim`. */
export async function nodeBase(): Promise<Base> {
  const base = await slimBase();
  const { version } = JSON.parse(await readFile(join(nodePackage, 'package.json'), 'utf8')) as { version: string };
  const ref = `headrace/node:${contentHash(base.ref, nodeDockerfile, version, process.arch)}`;
  const fill = async (context: string) => {
    await cp(join(nodePackage, 'bin', 'node'), join(context, 'node'));
    await writeFile(join(context, 'Dockerfile'), nodeDockerfile);
  };
  return { ref, archive: await archiveOf('buildah', { ref, base, args: { BASE: fullName(base.ref) }, fill }) };
}

/** A Java runtime with what Kafka needs of it. */
export async function javaBase(): Promise<Base> {
  const base = await slimBase();
  const ref = `headrace/java:${contentHash(base.ref, javaDockerfile, javaModules.join(), process.arch)}`;
  const fill = async (context: string) => {
    await linkJava(join(context, 'java'));
    await writeFile(join(context, 'Dockerfile'), javaDockerfile);
  };
  return { ref, archive: await archiveOf('buildah', { ref, base, args: { BASE: fullName(base.ref) }, fill }) };
}

async function linkJava(target: string): Promise<void> {
  const args = ['--add-modules', javaModules.join(), '--strip-debug', '--no-header-files', '--no-man-pages'];
  await must(await jlink(), [...args, '--output', target], { timeoutMs: 300_000 });
  // An archive of loaded classes takes about a third off every start.
  await must(join(target, 'bin', 'java'), ['-Xshare:dump'], { timeoutMs: 120_000 });
  await rm(join(target, 'lib', 'server', 'classes_nocoops.jsa'), { force: true });
}

async function jlink(): Promise<string> {
  const home = '/usr/lib/jvm';
  const package_ = 'openjdk-17-jdk-headless';
  await debianPackages([package_]);
  const names = await readdir(home);
  const jdk = names.find((name) => name.startsWith('java-17-openjdk-'));
  if (!jdk) throw new Missing(`${package_} is installed but not in ${home}`, `apt-get install --reinstall ${package_}`);
  return join(home, jdk, 'bin', 'jlink');
}
