// The command line of the cluster: up, down, env, images, status.
import { chooseWay } from './choose-way.ts';
import { failureLines, Missing, say, step } from './progress.ts';
import { readRecord } from './state.ts';

const usage = `usage: node e2e/cluster/main.ts <command>
  up      a cluster with DNS and Kafka: the one of HEADRACE_KUBECONFIG, kind's, or one on this machine
  env     lines for your shell: eval "$(node e2e/cluster/main.ts env)"
  images  builds Headrace's images, loads them into the cluster, prints their names
  status  what runs
  down    removes it all
`;

const commands: Readonly<Record<string, () => Promise<void>>> = { up, env, images, status, down };

async function up(): Promise<void> {
  const { bringClusterUp } = await import('./up.ts');
  const record = await bringClusterUp();
  say(`Kubernetes: KUBECONFIG=${record.kubeconfig}`);
  say(`Kafka: ${record.kafkaBootstrap}, for pods ${record.kafkaBootstrapInCluster}`);
}

async function env(): Promise<void> {
  const { shellLines } = await import('./environment.ts');
  const record = await readRecord();
  if (!record) throw new Missing('no cluster is up', 'make up');
  process.stdout.write(shellLines(record));
}

async function images(): Promise<void> {
  const { loadImages } = await import('./images.ts');
  for (const ref of Object.values(await loadImages())) process.stdout.write(`${ref}\n`);
}

async function status(): Promise<void> {
  const way = await chooseWay();
  const record = await readRecord();
  for (const line of await way.status()) process.stdout.write(`${line}\n`);
  process.stdout.write(record ? `Kafka: ${record.kafkaBootstrap}\n` : 'no "up" has come to its end\n');
}

async function down(): Promise<void> {
  const { takeClusterDown } = await import('./up.ts');
  await takeClusterDown();
}

const name = process.argv[2] ?? '';
const command = commands[name];
if (!command || process.argv.length > 3) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  // A step says what went wrong; there is nothing to add.
  const visible = [up, down, images].includes(command) ? () => step(`cluster ${name}`, command) : command;
  await visible().catch((error: unknown) => {
    if (visible === command) for (const line of failureLines(name, 0, error)) say(line);
    process.exitCode = 1;
  });
}
