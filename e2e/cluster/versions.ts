// The pinned versions of everything the tests and the local cluster bring along, and where it is kept.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Pins. The Go ones repeat the committed go.mod files and Kafka's the pom.xml: a test holds them together. */
export const versions = {
  /** 1.34: from 1.35 on the kubelet refuses cgroup v1 unless told otherwise. */
  kubernetes: 'v1.34.4',
  etcd: 'v3.6.4',
  helm: 'v3.21.4',
  coredns: 'v1.14.7',
  kafka: '4.1.1',
  /** The binding must be of the same line as the slf4j-api that Kafka brings. */
  slf4j: '1.7.36',
} as const;

/** The oldest Go that builds the pinned modules, and the oldest Java that runs the pinned Kafka. */
export const minimums = { go: [1, 26], java: 17 } as const;

export const goModules = ['kubernetes', 'etcd', 'helm', 'coredns'] as const;
export type GoModule = (typeof goModules)[number];

/** The folder of a committed Go module. */
export function goModuleDir(module: GoModule): string {
  return join(import.meta.dirname, 'go', module);
}

export const kafkaPom = join(import.meta.dirname, 'kafka', 'pom.xml');

/** Headrace's own corner of the user's cache. */
export const cacheRoot = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'headrace');

/** What was built or fetched for exactly these versions: shared by all checkouts that pin the same. */
export const cacheDir = join(cacheRoot, cacheKey());

/** Records of running child processes: not bound to versions, so that a newer checkout finds an older one's leftovers. */
export const runDir = join(cacheRoot, 'run');

function cacheKey(): string {
  const hash = createHash('sha256').update(JSON.stringify(versions));
  for (const module of goModules) hash.update(readFileSync(join(goModuleDir(module), 'go.mod')));
  return hash.update(readFileSync(kafkaPom)).digest('hex').slice(0, 16);
}
