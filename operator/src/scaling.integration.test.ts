// Waking, with a real scout, a real broker and a real API server: a record in the topic becomes replicas in the cluster.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { scoutPort } from '#contract/scout.ts';
import { type FaultProxy, startFaultProxy } from '#kube/fault-proxy.ts';
import { kubeconfigApi } from '#kube/kubeconfig.ts';
import { type LogLine, type OperatorProcess, startOperatorProcess } from './operator-process.ts';
import {
  echoFunction,
  installDefinitions,
  ordersBinding,
  type Seen,
  type TestNamespace,
  testNamespace,
} from './test-namespace.ts';

const soon = { timeout: 15_000, interval: 20 };
const topic = `wake-${crypto.randomUUID().slice(0, 8)}`;
/** The scout's pod address: any of the loopback, so that the port that all scouts have is free there. */
const podIp = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(2, 255)}`;
let admin: Admin;
let producer: Producer;
let scout: ChildProcess;
let toScout: FaultProxy;
let operator: OperatorProcess;
let space: TestNamespace;

beforeAll(async () => {
  const brokers = [inject('kafkaBootstrap')];
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  admin = kafka.admin();
  producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: true });
  const port = await startScout();
  toScout = await startFaultProxy({ host: '127.0.0.1', port }, { host: podIp, port: scoutPort });
  const api = kubeconfigApi(inject('kubeconfigPath'));
  await installDefinitions(api);
  space = await testNamespace(api);
  operator = await startOperator();
  await space.apply(echoFunction({ scaling: { minReplicas: 0, maxReplicas: 3 } }));
  const scaling = { target: { lag: 10 }, minInvokers: 0, maxInvokers: 4, idleTimeout: '5s' };
  await space.apply(ordersBinding({ kafka: { bootstrapServers: brokers }, source: { topic }, scaling }));
  await runScoutPod();
});
afterAll(async () => {
  // The scout first, whatever came of the rest: a process that is left over keeps its ports.
  if (scout?.exitCode === null && scout.kill()) await once(scout, 'exit');
  await Promise.all([admin?.disconnect(), producer?.disconnect(), operator?.stop(), toScout?.close()]);
});

const startOperator = (): Promise<OperatorProcess> =>
  startOperatorProcess({ kubeconfigPath: inject('kubeconfigPath'), namespaces: [space.name] });

async function startScout(): Promise<number> {
  const entry = fileURLToPath(new URL('../../functions-runtime/scout/src/main.ts', import.meta.url));
  const env = { PATH: process.env.PATH, HEADRACE_PORT: '0' };
  const probe = await startFaultProxy({ host: '127.0.0.1', port: 1 });
  const port = probe.port;
  await probe.close();
  scout = spawn(process.execPath, [entry], { env: { ...env, HEADRACE_PORT: String(port) }, stdio: 'ignore' });
  await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/`), soon);
  return port;
}

/** No kubelet is here: the pod of the scout's Deployment, as it would report it. */
async function runScoutPod(): Promise<void> {
  await vi.waitFor(() => space.get('Deployment', 'headrace-scout'), soon);
  const { template } = (await space.get('Deployment', 'headrace-scout')).spec;
  await space.apply({
    kind: 'Pod',
    metadata: { name: 'scout-pod', labels: template.metadata.labels },
    spec: template.spec,
  });
  const conditions = [{ type: 'Ready', status: 'True' }];
  await space.patch(
    'Pod',
    'scout-pod',
    { status: { phase: 'Running', podIP: podIp, podIPs: [{ ip: podIp }], conditions } },
    'status',
  );
}

const binding = (): Promise<Seen> => space.get('StreamBinding', 'orders');
const replicas = async (): Promise<[functions: unknown, invokers: unknown]> => [
  (await space.get('Deployment', 'echo-function')).spec.replicas,
  (await space.get('StatefulSet', 'orders-invoker')).spec.replicas,
];

test('positions are committed, and the binding sleeps: nothing runs, and it is ready', async () => {
  await vi.waitFor(async () => {
    const { status } = await binding();
    expect(status).toMatchObject({ topicId: expect.any(String), partitions: 4 });
    const ready = status.conditions.find(({ type }: Seen) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'True', reason: 'Asleep' });
  }, soon);
  expect(await replicas()).toEqual([0, 0]);
});

/** Quiet for seconds, and asked for at its broker: a record would be told at once. */
async function watchedBindings(): Promise<number> {
  const text = await (await fetch(`http://${podIp}:${scoutPort}/metrics`)).text();
  return Number(/^headrace_scout_watched_bindings (\d+)/m.exec(text)?.[1]);
}

test('the first record wakes function and invokers at once, and the sample after it says how many are needed', async () => {
  await vi.waitFor(async () => expect(await watchedBindings()).toBe(1), soon);
  const messages = Array.from({ length: 25 }, (_, n) => ({ key: `k${n}`, value: '{}' }));
  await producer.send({ topic, messages });
  const sentMs = Date.now();
  await vi.waitFor(async () => expect(await replicas()).toEqual([3, 1]), { timeout: 5_000, interval: 10 });
  const decisions = operator.log.filter(({ msg }) => msg === 'replicas decided');
  const woken = decisions.find(({ kind, from }) => kind === 'EventFunction' && from === 0);
  const sized = decisions.find(({ kind, to }) => kind === 'EventFunction' && to === 3);
  expect(sized).toMatchObject({ reason: expect.stringContaining('lag 25') });
  const wrote = (kind: string): LogLine | undefined =>
    operator.log.find((line) => line.msg === 'applied' && line.kind === kind && line.why === 'planned-anew');
  const afterMs = (line: LogLine | undefined): number => Date.parse(String(line?.time)) - sentMs;
  const parts = { decided: woken, function: wrote('Deployment'), invoker: wrote('StatefulSet'), sized };
  const times = Object.entries(parts).map(([part, line]) => [part, afterMs(line)] as const);
  console.info('ms after the record was acknowledged:', Object.fromEntries(times));
  // A tenth of a second is the goal, for scout and operator together; a machine that does other things besides needs longer.
  for (const [, ms] of times) expect(ms).toBeLessThan(900);
});

test('a restart of the operator, and a scout that is away, change no replicas', async () => {
  const generation = async (): Promise<unknown> => (await space.get('Deployment', 'echo-function')).metadata.generation;
  const before = await generation();
  toScout.cut();
  await operator.kill();
  operator = await startOperator();
  await vi.waitFor(async () => {
    const found = (await binding()).status.conditions.find(({ type }: Seen) => type === 'SourceReachable');
    expect(found).toMatchObject({ reason: 'SampleFailed' });
  }, soon);
  toScout.heal();
  await vi.waitFor(async () => {
    const found = (await binding()).status.conditions.find(({ type }: Seen) => type === 'SourceReachable');
    expect(found).toMatchObject({ reason: 'BrokerReached' });
  }, soon);
  expect(await replicas()).toEqual([3, 1]);
  expect(await generation()).toBe(before);
});
