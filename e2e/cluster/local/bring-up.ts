// From nothing, from a half or from a running cluster to one that is ready: every step keeps what is there already.
import { Resolver } from 'node:dns/promises';
import { kubectl, mustKubectl } from '../cluster.ts';
import { fullName } from '../images/builder.ts';
import { corednsImage, kafkaImage, pauseImage } from '../images/parts.ts';
import { manifest, stampedManifest } from '../manifests.ts';
import { say, step } from '../progress.ts';
import { untilRolledOut } from '../rollout.ts';
import { debianPackages, type Tool, tool } from '../tools.ts';
import { until } from '../waiting.ts';
import type { Ground } from '../way.ts';
import { addresses, clusterDomain, nodeName } from './addresses.ts';
import { ensureCertificates, kubeconfigPath } from './certificates.ts';
import { makeCgroups } from './cgroups.ts';
import { apiServer, controllerManager, etcd, scheduler } from './control-plane.ts';
import { type Daemon, ensureDaemon, logTail, mustRun } from './daemons.ts';
import { importImages } from './images.ts';
import type { NodeProcess } from './inhabitants.ts';
import { connectNode } from './network.ts';
import { findNode, runInNode, startNode } from './node.ts';
import { containerdSocket } from './node-config.ts';
import { prepareNodeDaemons } from './node-daemons.ts';
import { inside } from './paths.ts';
import { makeVolume } from './volumes.ts';

const packages = [
  'conntrack',
  'containerd',
  'containernetworking-plugins',
  'ethtool',
  'iproute2',
  'iptables',
  'runc',
  'socat',
  'util-linux',
];
const tools: readonly Tool[] = ['kube-apiserver', 'etcd', 'kubectl', 'helm', 'coredns'];

/** Everything that takes long once and is in the cache afterwards. */
interface Materials {
  readonly pause: Image;
  readonly coredns: Image;
  readonly kafka: Image;
}
type Image = Awaited<ReturnType<typeof pauseImage>>;

export async function bringUp(): Promise<Ground> {
  const materials = await gather();
  const before = findNode();
  const title = before ? 'looking after the local cluster that runs' : 'starting the node and its control plane';
  const { node, kubelet, started } = await step(title, () => startDaemons(before, materials));
  if (before && started.length === 0) say('  all of it runs already');
  await step('node and DNS', async () => {
    await applyManifests(materials);
    await waitForNode(node, kubelet);
    await waitForDns();
  });
  return { kubeconfig: kubeconfigPath, kafkaImage: materials.kafka.ref, nodeHost: addresses.node };
}

async function gather(): Promise<Materials> {
  await debianPackages(packages);
  for (const name of tools) await tool(name);
  return { pause: await pauseImage(), coredns: await corednsImage(), kafka: await kafkaImage() };
}

async function startDaemons(before: NodeProcess | undefined, { pause, coredns, kafka }: Materials) {
  const node = before ?? (await startNode());
  await ensureCertificates();
  await makeCgroups();
  await makeVolume('kafka');
  await connectNode(node);
  const { containerd, kubelet, proxy } = await prepareNodeDaemons(fullName(pause.ref));
  const started: string[] = [];
  const ensure = async (daemon: Daemon) => {
    const act = await ensureDaemon(node, daemon);
    if (act === 'keep') return;
    started.push(daemon.name);
    if (before)
      say(`  ${daemon.name}: ${act === 'start' ? 'had ended, started again' : 'restarted as it should be now'}`);
  };
  await Promise.all([etcd(), containerd, apiServer()].map(ensure));
  await Promise.all([
    (async () => {
      await waitForContainerd(node, containerd);
      await importImages(node, [pause.archive, coredns.archive, kafka.archive]);
    })(),
    waitForApiServer(node),
  ]);
  await Promise.all([controllerManager(), scheduler(), kubelet, proxy].map(ensure));
  return { node, kubelet, started };
}

async function waitForContainerd(node: NodeProcess, containerd: Daemon): Promise<void> {
  const patience = { atMostMs: 60_000, everyMs: 100 };
  const answers = async () => {
    await mustRun(node, containerd);
    const { code } = await runInNode(node, ['ctr', '--address', containerdSocket, 'version']);
    return code === 0 ? true : undefined;
  };
  await until('containerd answers', patience, answers, () => logTail(containerd));
}

async function waitForApiServer(node: NodeProcess): Promise<void> {
  const patience = { atMostMs: 120_000, everyMs: 200 };
  const isReady = async () => {
    await mustRun(node, etcd());
    await mustRun(node, apiServer());
    const { code, stdout } = await kubectl(kubeconfigPath, ['get', '--raw', '/readyz', '--request-timeout=5s']);
    return code === 0 && stdout === 'ok' ? true : undefined;
  };
  await until('the API server is ready', patience, isReady, () => logTail(apiServer()));
}

async function applyManifests({ coredns }: Materials): Promise<void> {
  const texts = [
    await stampedManifest('coredns.yaml', { COREDNS_IMAGE: coredns.ref, DNS_ADDRESS: addresses.dnsService }),
    await manifest('local-storage.yaml', { KAFKA_VOLUME: `${inside.volumes}/kafka`, NODE_NAME: nodeName }),
  ];
  await mustKubectl(kubeconfigPath, ['apply', '--server-side', '--force-conflicts', '-f', '-'], texts.join('---\n'));
}

async function waitForNode(node: NodeProcess, kubelet: Daemon): Promise<void> {
  const patience = { atMostMs: 120_000, everyMs: 250 };
  const path = "{.status.conditions[?(@.type=='Ready')].status}";
  const isReady = async () => {
    await mustRun(node, kubelet);
    const { stdout } = await kubectl(kubeconfigPath, [
      'get',
      'node',
      nodeName,
      '--ignore-not-found',
      '-o',
      `jsonpath=${path}`,
    ]);
    return stdout === 'True' ? true : undefined;
  };
  const explain = async () => {
    const conditions = await kubectl(kubeconfigPath, ['describe', 'node', nodeName]);
    return `${conditions.stdout}\n${await logTail(kubelet)}`;
  };
  await until('the node is Ready', patience, isReady, explain);
}

/** What the API server says of pods may be from before the node was started again; so DNS itself is asked. */
async function waitForDns(): Promise<void> {
  const workload = { namespace: 'kube-system', name: 'deployment/coredns', selector: 'k8s-app=kube-dns' };
  await untilRolledOut(kubeconfigPath, workload, 120_000);
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([addresses.dnsService]);
  const name = `kubernetes.default.svc.${clusterDomain}`;
  const answers = async () => {
    const found = await resolver.resolve4(name).catch((): string[] => []);
    return found.includes(addresses.kubernetesService) ? true : undefined;
  };
  await until(`DNS at ${addresses.dnsService} knows ${name}`, { atMostMs: 90_000, everyMs: 100 }, answers);
}
