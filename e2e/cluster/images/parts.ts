// The images of the local cluster that are not Headrace's: pause, CoreDNS and Kafka.
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kafkaLibs, tool } from '../tools.ts';
import { versions } from '../versions.ts';
import { javaBase } from './bases.ts';
import { archiveOf, type Base, fullName } from './builder.ts';
import { contentHash } from './content-hash.ts';
import { pauseProgram, pauseSource } from './pause.ts';
import { user } from './rootfs.ts';

const pauseDockerfile = `FROM scratch
COPY pause /pause
USER ${user}:${user}
ENTRYPOINT ["/pause"]
`;

const corednsDockerfile = `FROM scratch
COPY coredns /coredns
USER ${user}:${user}
ENTRYPOINT ["/coredns"]
`;

// The same paths as in the public image apache/kafka, so that one manifest serves both.
const kafkaDockerfile = `ARG BASE
FROM \${BASE}
COPY libs/ /opt/kafka/libs/
`;

/** What the kubelet starts first in every pod. */
export async function pauseImage(): Promise<Base> {
  const ref = `headrace/pause:${contentHash(await readFile(pauseSource), pauseDockerfile, process.arch)}`;
  const fill = async (context: string) => {
    await cp(await pauseProgram(), join(context, 'pause'));
    await writeFile(join(context, 'Dockerfile'), pauseDockerfile);
  };
  return { ref, archive: await archiveOf('buildah', { ref, fill }) };
}

export async function corednsImage(): Promise<Base> {
  const ref = `headrace/coredns:${contentHash(versions.coredns, corednsDockerfile, process.arch)}`;
  const fill = async (context: string) => {
    await cp(await tool('coredns'), join(context, 'coredns'));
    await writeFile(join(context, 'Dockerfile'), corednsDockerfile);
  };
  return { ref, archive: await archiveOf('buildah', { ref, fill }) };
}

export async function kafkaImage(): Promise<Base> {
  const base = await javaBase();
  const ref = `headrace/kafka:${contentHash(base.ref, kafkaDockerfile, JSON.stringify(versions))}`;
  const fill = async (context: string) => {
    await cp(await kafkaLibs(), join(context, 'libs'), { recursive: true });
    await writeFile(join(context, 'Dockerfile'), kafkaDockerfile);
  };
  return { ref, archive: await archiveOf('buildah', { ref, base, args: { BASE: fullName(base.ref) }, fill }) };
}
