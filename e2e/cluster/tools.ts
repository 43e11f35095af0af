// The programs of the local cluster and the jars of Kafka: built or fetched at first use, then found in the cache.
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable, must } from './commands.ts';
import { locked } from './lock.ts';
import { goCommand, mavenCommand } from './prerequisites.ts';
import { Missing, step } from './progress.ts';
import { cacheDir, type GoModule, goModuleDir, kafkaPom, versions } from './versions.ts';

export { debianPackages, javaCommand } from './prerequisites.ts';
export { cacheDir, versions } from './versions.ts';

export type Tool =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'kubectl'
  | 'etcd'
  | 'helm'
  | 'coredns';

/** One `go build`: which module, which programs come out of which packages, what is stamped into them. */
export interface GoBuild {
  readonly module: GoModule;
  /** Program name → Go package. */
  readonly programs: Readonly<Partial<Record<Tool, string>>>;
  /** Go variable → value, given to the linker. */
  readonly stamps: Readonly<Record<string, string>>;
  /** Seen on 2 cores from an empty Go cache; only to tell a person what to expect. */
  readonly usuallyTakes: string;
}

const [major = '', minor = ''] = versions.kubernetes.slice(1).split('.');

// Charts and clients check what a server says of itself, and without stamps it would say v0.0.0-master.
const kubernetesStamps = Object.fromEntries(
  ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
    [`${path}.gitVersion`, versions.kubernetes],
    [`${path}.gitMajor`, major],
    [`${path}.gitMinor`, minor],
    [`${path}.gitTreeState`, 'clean'],
  ]),
);

const kubernetesPrograms = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
] as const;

export const goBuilds: readonly GoBuild[] = [
  {
    module: 'kubernetes',
    programs: Object.fromEntries(kubernetesPrograms.map((name) => [name, `k8s.io/kubernetes/cmd/${name}`])),
    stamps: kubernetesStamps,
    usuallyTakes: '6 min the first time',
  },
  { module: 'etcd', programs: { etcd: 'go.etcd.io/etcd/server/v3' }, stamps: {}, usuallyTakes: '15 s' },
  {
    module: 'helm',
    programs: { helm: 'helm.sh/helm/v3/cmd/helm' },
    stamps: {
      'helm.sh/helm/v3/internal/version.version': versions.helm,
      // What `helm template` and `helm lint` assume when there is no cluster to ask.
      'helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor': major,
      'helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor': minor,
      'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor': major,
      'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor': minor,
    },
    usuallyTakes: '75 s',
  },
  { module: 'coredns', programs: { coredns: 'github.com/coredns/coredns' }, stamps: {}, usuallyTakes: '2 min 30 s' },
];

const binDir = join(cacheDir, 'bin');
const buildTimeoutMs = 45 * 60_000;
const fetchTimeoutMs = 10 * 60_000;

const known = new Map<string, Promise<string>>();

/** The absolute path of a program; the first use builds it from its Go module. */
export function tool(name: Tool): Promise<string> {
  return once(name, async () => {
    const path = join(binDir, name);
    if (await isExecutable(path)) return path;
    const plan = goBuilds.find((candidate) => name in candidate.programs);
    if (!plan) throw new Error(`no Go module builds ${name}`);
    await locked(join(cacheDir, `${plan.module}.lock`), buildTimeoutMs, async () => {
      if (!(await isExecutable(path))) await build(plan);
    });
    return path;
  });
}

/** The folder with the jars of a Kafka broker and its tools; the first use fetches them through Maven. */
export function kafkaLibs(): Promise<string> {
  return once('kafka', async () => {
    const target = join(cacheDir, 'kafka-libs');
    if (await exists(target)) return target;
    await locked(join(cacheDir, 'kafka.lock'), fetchTimeoutMs, async () => {
      if (!(await exists(target))) await fetchJars(target);
    });
    return target;
  });
}

/** The arguments of the `go build` of one module, its programs going into `outputDir`. */
export function goBuildArgs(plan: GoBuild, outputDir: string): string[] {
  const names = Object.keys(plan.programs);
  const packages = Object.values(plan.programs);
  const stamps = Object.entries(plan.stamps).map(([variable, value]) => `-X ${variable}=${value}`);
  // Of several packages Go names each program after its package; a single one may be named freely.
  const output = names.length === 1 ? join(outputDir, names[0]!) : `${outputDir}/`;
  return [
    'build',
    '-trimpath',
    '-buildvcs=false',
    `-ldflags=${['-s', '-w', ...stamps].join(' ')}`,
    '-o',
    output,
    ...packages,
  ];
}

async function build(plan: GoBuild): Promise<void> {
  const go = await goCommand();
  const names = Object.keys(plan.programs);
  await step(`building ${names.join(', ')} (usually ${plan.usuallyTakes})`, () =>
    withTempDir(async (dir) => {
      try {
        // Without cgo no C compiler is needed, and coredns runs in an image that holds nothing else.
        const env = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' };
        const options = { cwd: goModuleDir(plan.module), env, timeoutMs: buildTimeoutMs };
        await must(go, goBuildArgs(plan, dir), options);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const act =
          'see that Go can reach its module proxy (go env GOPROXY) and that 4 GB of disk are free, then try again';
        throw new Missing(`the Go module ${plan.module} could not be built: ${reason}`, act, { cause });
      }
      await mkdir(binDir, { recursive: true });
      for (const name of names) await rename(join(dir, name), join(binDir, name));
    }),
  );
}

async function fetchJars(target: string): Promise<void> {
  const maven = await mavenCommand();
  await step(`fetching Kafka ${versions.kafka} (usually 12 s)`, () =>
    withTempDir(async (dir) => {
      try {
        const pins = [`-Dkafka.version=${versions.kafka}`, `-Dslf4j.version=${versions.slf4j}`];
        const goal = [
          'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
          '-DincludeScope=runtime',
          `-DoutputDirectory=${dir}/libs`,
        ];
        await must(maven, ['-q', '-B', '-f', kafkaPom, ...pins, ...goal], { timeoutMs: fetchTimeoutMs });
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const act = 'see that Maven can reach its repository (~/.m2/settings.xml), then try again';
        throw new Missing(`Kafka ${versions.kafka} could not be fetched: ${reason}`, act, { cause });
      }
      await rename(join(dir, 'libs'), target);
    }),
  );
}

/** A folder beside the final place, so that a rename into it is atomic. */
async function withTempDir(work: (dir: string) => Promise<void>): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const dir = await mkdtemp(join(cacheDir, 'making-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** One attempt at a time and per process; a failed one may be tried again. */
function once(key: string, make: () => Promise<string>): Promise<string> {
  let attempt = known.get(key);
  if (!attempt) {
    attempt = make().catch((error: unknown) => {
      known.delete(key);
      throw error;
    });
    known.set(key, attempt);
  }
  return attempt;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
