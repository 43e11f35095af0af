// `make demo`: everything from nothing, the auction under real traffic, shown live, then judged; exit code 0 only if all of it held.
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { startProcessor } from '../auction/processor.ts';
import { connection, courses, createTopics } from '../auction/topics.ts';
import { startTraffic } from '../auction/traffic.ts';
import { type Cluster, clusterOf } from '../cluster/cluster.ts';
import { loadImages } from '../cluster/images.ts';
import { installHeadrace, refusalOfPlainPod, restrictedNamespace } from '../cluster/install.ts';
import { failureLines, say, step } from '../cluster/progress.ts';
import { bringClusterUp } from '../cluster/up.ts';
import { judgeTopics } from '../judge/judge-topics.ts';
import { verdictLines } from '../judge/verdict-text.ts';
import { type Facts, lookAt } from './facts.ts';
import { type Course, heading, lines, wentUpAndDown, withLook } from './screen.ts';
import { firstOutputAfterMs, lastRecordMs } from './times.ts';

const namespace = 'auction';
const manifests = resolve(import.meta.dirname, '..', '..', 'functions-runtime', 'examples', 'auction');
/** A quiet start from zero, the rush that wants more pods, a calm end: enough to see each, short enough to wait for. */
const phases = [
  { forMs: 10_000, eventsPerSecond: 400 },
  { forMs: 25_000, eventsPerSecond: 800 },
  // Long enough for what piled up: the last event finds nothing before it.
  { forMs: 20_000, eventsPerSecond: 50 },
];
const lookEveryMs = 2_000;
/** As the auction's manifests say, and the promise: zero within this much more. */
const idleTimeoutMs = 20_000;
const zeroMarginMs = 15_000;
const drainAtMostMs = 120_000;

interface Shown {
  readonly courses: readonly Course[];
  /** When each function was first seen at zero again after its last pod. */
  readonly zeroAtMs: ReadonlyMap<string, number>;
}

async function main(): Promise<boolean> {
  const startedMs = performance.now();
  const cluster = await system();
  const plainPod = await step(`namespace ${namespace}, which enforces restricted pod security`, () => prepare(cluster));
  const bootstrap = cluster.kafkaBootstrap;
  await step("the auction's topics", () => createTopics(bootstrap));
  await step('kubectl apply: four functions, four bindings', () => applyAuction(cluster));
  await step('every binding ready, every function at zero', () => ready(cluster));
  const readyMs = performance.now() - startedMs;

  const admin = connection(bootstrap).admin();
  await admin.connect();
  const shown = await run(cluster, admin).finally(() => admin.disconnect());
  return summary({ cluster, shown, plainPod, readyMs });
}

async function system(): Promise<Cluster> {
  const cluster = clusterOf(await step('cluster with Kafka', bringClusterUp));
  const refs = await step("Headrace's images", loadImages);
  const images = {
    operator: refs['headrace/operator'],
    invoker: refs['headrace/invoker'],
    scout: refs['headrace/scout'],
    hostNode26: refs['headrace/host-node26'],
  };
  await step('helm install headrace', () => installHeadrace(cluster, images));
  return cluster;
}

async function prepare(cluster: Cluster): Promise<string> {
  await restrictedNamespace(cluster, namespace);
  const refusal = await refusalOfPlainPod(cluster, namespace, 'headrace/plain:1');
  if (refusal === null) throw new Error(`${namespace} took a plain pod: restricted pod security is not enforced`);
  return refusal;
}

async function applyAuction(cluster: Cluster): Promise<void> {
  const { code, stderr } = await cluster.kubectl(['apply', '-n', namespace, '-f', manifests]);
  if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
}

async function ready(cluster: Cluster): Promise<void> {
  const { code, stderr } = await cluster.kubectl([
    'wait',
    '-n',
    namespace,
    '--for=condition=Ready',
    'sbind',
    '--all',
    '--timeout=120s',
  ]);
  if (code === 0) return;
  const { stdout } = await cluster.kubectl(['describe', 'sbind,efn', '-n', namespace]);
  throw new Error(`the bindings did not become ready: ${stderr}\n${stdout.slice(-4000)}`);
}

const runId = (Date.now() % 1e8).toString(36);
let sent: { readonly items: readonly string[]; readonly bids: readonly string[] } = { items: [], bids: [] };
let trafficStartedMs = 0;

/** Traffic, and a look every two seconds until all is done and everything is at zero again, or the time is over. */
async function run(cluster: Cluster, admin: Admin): Promise<Shown> {
  const bootstrap = cluster.kafkaBootstrap;
  const processor = await startProcessor({ bootstrap });
  say(`\ntraffic (run ${runId}): ${phases.map((p) => `${p.forMs / 1000} s at ${p.eventsPerSecond}/s`).join(', ')}\n`);
  let shown: Shown = { courses: [], zeroAtMs: new Map() };
  const look = async (before: Facts | undefined): Promise<Facts> => {
    const facts = await lookAt(cluster, namespace, admin);
    show(facts, before);
    shown = remember(shown, facts);
    return facts;
  };
  let facts = await look(undefined);
  trafficStartedMs = Date.now();
  const traffic = await startTraffic({ bootstrap, phases, seed: 2026, run: runId, openForMs: 12_000 });
  let trafficOver = false;
  const finished = traffic.finished.then((all) => {
    sent = all;
    trafficOver = true;
    say('  traffic over; what is left is done, then everything goes to zero');
  });
  const deadlineMs = Date.now() + phases.reduce((sum, p) => sum + p.forMs, 0) + drainAtMostMs;
  const quiet = (): boolean => trafficOver && processor.open() === 0 && atRest(facts);
  while (!quiet() && Date.now() < deadlineMs) {
    await pause(lookEveryMs);
    facts = await look(facts);
  }
  await finished;
  await processor.stop();
  return shown;
}

const atRest = (facts: Facts): boolean =>
  facts.bindings.every((b) => b.lag === 0) && facts.functions.every((f) => f.replicas === 0);

function show(facts: Facts, before: Facts | undefined): void {
  const seconds = trafficStartedMs === 0 ? 0 : Math.round((facts.atMs - trafficStartedMs) / 1000);
  say(`${`${seconds} s`.padEnd(7)}${heading()}`);
  for (const line of lines(facts, before)) say(`${' '.repeat(7)}${line}`);
}

function remember(shown: Shown, facts: Facts): Shown {
  const zeroAtMs = new Map(shown.zeroAtMs);
  for (const { name, replicas } of facts.functions) {
    if (replicas > 0) zeroAtMs.delete(name);
    else if (!zeroAtMs.has(name)) zeroAtMs.set(name, facts.atMs);
  }
  return { courses: withLook(shown.courses, facts), zeroAtMs };
}

interface Ran {
  readonly cluster: Cluster;
  readonly shown: Shown;
  readonly plainPod: string;
  readonly readyMs: number;
}

/** What is demanded, each with what was seen; true when all of it held. */
async function summary({ cluster, shown, plainPod, readyMs }: Ran): Promise<boolean> {
  const bootstrap = cluster.kafkaBootstrap;
  say('\nthe judge reads every topic with a client that shares no code with Headrace\n');
  const held: boolean[] = [];
  const demand = (holds: boolean, text: string): void => {
    held.push(holds);
    say(`${holds ? '✓' : '✗'} ${text}`);
  };
  for (const { binding, source, outputs, deadLetter, perEvent } of courses) {
    const generated = { 'place-item': sent.items, 'place-bid': sent.bids }[binding as string] ?? [];
    const verdict = await judgeTopics({ bootstrap, source, outputs, deadLetter, perEvent, generated });
    held.push(verdict.isFlawless && verdict.generated > 0);
    for (const line of verdictLines(binding, verdict)) say(line);
  }
  const risen = shown.courses.filter(wentUpAndDown);
  const course = (c: Course): string => `${c.name} ${c.replicas.join(' → ')}`;
  demand(risen.length > 0, `pods from zero to two or more and back: ${shown.courses.map(course).join('; ')}`);
  for (const { binding, source } of courses) {
    const zeroMs = shown.zeroAtMs.get(binding);
    const lastMs = await lastRecordMs(bootstrap, source);
    const within = zeroMs === undefined || lastMs === null ? Number.POSITIVE_INFINITY : zeroMs - lastMs;
    demand(
      within <= idleTimeoutMs + zeroMarginMs,
      `${binding} at zero ${(within / 1000).toFixed(1)} s after its last event (idle time ${idleTimeoutMs / 1000} s)`,
    );
  }
  say(`✓ a plain pod is refused in ${namespace}: ${plainPod.slice(0, 120)}…`);
  for (const { binding, source, outputs } of courses.slice(0, 2)) {
    const firstMs = await firstOutputAfterMs(bootstrap, source, outputs, trafficStartedMs);
    say(
      `  ${binding}: ${firstMs === null ? 'no output' : `${(firstMs / 1000).toFixed(2)} s`} from the first event to the first output, from zero`,
    );
  }
  say(`  everything ready after ${Math.round(readyMs / 1000)} s\n`);
  say(
    `what to try next\n  eval "$(make -s env)"\n  kubectl get efn,sbind -n ${namespace}\n  kubectl describe sbind place-bid -n ${namespace}`,
  );
  say(
    `  kafka-consumer-groups --bootstrap-server $KAFKA_BOOTSTRAP --describe --group headrace.${namespace}.place-bid\n  make down`,
  );
  return held.every(Boolean);
}

const ok = await main().catch((error: unknown) => {
  for (const line of failureLines('demo', performance.now(), error)) say(line);
  return false;
});
process.exit(ok ? 0 : 1);
