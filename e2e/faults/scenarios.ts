/** The core set of fault scenarios: load and faults together, each a story that ends with a checked history. */
import type { Broker } from '../cluster/broker.ts';
import { groundOn, ownRoot } from './ground.ts';
import { Nemesis } from './nemesis.ts';
import type { Share } from './record-classes.ts';
import { Scene, type ScenePlan } from './scene.ts';

export type Ended = Awaited<ReturnType<Scene['end']>>;
export type Scenario = (broker: Broker, root?: string) => Promise<Ended>;

/** Something of everything that needs no time: failing once or twice, failing always (over all partitions), refused. */
const mixed: readonly Share[] = [
  { class: 'throws', every: 1_208 },
  { class: 'poison', every: 401 },
  { class: 'reject', every: 312 },
  { class: 'flaky', times: 2, every: 97 },
];

function scenario(plan: ScenePlan, story: (scene: Scene, nemesis: Nemesis, broker: Broker) => Promise<void>): Scenario {
  return async (broker, root = ownRoot) => {
    const scene = await Scene.begin(plan, groundOn(broker, root));
    try {
      await scene.untilOwned(plan.placed ?? plan.invokers ?? 1);
      await story(scene, new Nemesis(scene), broker);
      return await scene.end();
    } finally {
      await scene.dispose();
    }
  };
}

export const killed = scenario(
  {
    title: 'invokers killed, one after the other',
    load: { records: 1_000, perSecond: 300, shares: mixed },
    invokers: 2,
    hosts: 2,
    plannedFaults: ['invoker killed'],
  },
  async (scene, nemesis) => {
    await scene.untilDone(300);
    await nemesis.killInvoker(0);
    await scene.untilDone(300);
    await nemesis.killInvoker(1);
  },
);

export const ahead = scenario(
  {
    title: 'hosts with one slot, and calls that wait there: a host killed, an invoker killed',
    load: { records: 1_000, perSecond: 250, shares: mixed },
    concurrency: 1,
    callMs: 20,
    maxRecords: 5,
    invokers: 2,
    hosts: 2,
    plannedFaults: ['host killed', 'invoker killed'],
  },
  async (scene, nemesis) => {
    await scene.untilDone(250);
    await nemesis.killHost(0);
    await scene.untilDone(250);
    await nemesis.killInvoker(0);
  },
);

export const paused = scenario(
  {
    title: 'an invoker stopped past its session, woken when others own its partitions',
    // More than the function can do meanwhile: when the invoker is stopped every lane has a call open and records waiting, so that on waking
    // there is an answer to take and a next call to make. In every second partition at once: it has no outputs to wait for.
    load: { records: 800, perSecond: 180, shares: [{ class: 'none', every: 2 }] },
    callMs: 100,
    maxRecords: 2,
    invokers: 2,
    hosts: 2,
    plannedFaults: ['invoker paused'],
  },
  async (scene, nemesis, broker) => {
    await scene.untilDone(200);
    await nemesis.pauseInvokerUntold(0, 5_000, broker);
    await scene.untilDone(50);
  },
);

export const restarted = scenario(
  {
    title: 'invokers restarted in order, each once',
    load: { records: 600, perSecond: 150, shares: mixed },
    callMs: 20,
    commitIntervalMs: 500,
    invokers: 2,
    hosts: 2,
    plannedFaults: ['invoker restarted'],
  },
  async (scene, nemesis) => {
    await scene.untilDone(300);
    await nemesis.restartInvoker(0);
    await scene.untilDone(300);
    await nemesis.restartInvoker(1);
  },
);

/** So small a load that often nobody but poisoned records has work: there it is the function that is suspected, for as long as patience lasts. */
export const poisonEverywhere = scenario(
  {
    title: 'poisoned records in every partition, at times at the head of each that has work',
    load: {
      records: 400,
      perSecond: 100,
      shares: [
        { class: 'poison', every: 41 },
        { class: 'throws', every: 67 },
      ],
    },
    hosts: 2,
  },
  async (scene) => scene.untilDone(100),
);

export const scaled = scenario(
  {
    title: 'one, four, two invokers',
    load: { records: 1_000, perSecond: 300, shares: mixed },
    callMs: 20,
    commitIntervalMs: 500,
    invokers: 4,
    placed: 1,
    hosts: 2,
    plannedFaults: ['placement of 4', 'placement of 2'],
  },
  async (scene, nemesis) => {
    await scene.untilDone(200);
    await nemesis.scale(4);
    await scene.untilDone(200);
    await nemesis.scale(2);
    await scene.untilDone(200);
  },
);

export const brokerRestarted = scenario(
  {
    title: 'the broker restarted in order, then killed',
    load: { records: 1_000, perSecond: 250, shares: mixed },
    invokers: 2,
    hosts: 2,
    plannedFaults: ['broker restarted', 'broker killed'],
  },
  async (scene, nemesis, broker) => {
    await scene.untilDone(200);
    await nemesis.restartBroker(broker, 'SIGTERM');
    await scene.untilDone(200);
    await nemesis.restartBroker(broker, 'SIGKILL');
  },
);

export const hostKilled = scenario(
  {
    title: 'a function pod killed',
    load: { records: 1_000, perSecond: 300, shares: mixed },
    callMs: 20,
    hosts: 2,
    plannedFaults: ['host killed'],
  },
  async (scene, nemesis) => {
    await scene.untilDone(300);
    await nemesis.killHost(0);
    await scene.untilDone(300);
    await nemesis.killHost(1);
  },
);

export const functionFails = scenario(
  {
    title: 'the function fails at everything for a while',
    load: { records: 1_000, perSecond: 300, shares: mixed },
    hosts: 2,
    plannedFaults: ['function fails'],
  },
  async (scene, nemesis) => {
    await scene.untilDone(300);
    await nemesis.failFunction(4_000);
  },
);

export const slowAnswers = scenario(
  {
    title: 'calls that hang past their deadline, end after it, or are slow',
    load: {
      records: 600,
      perSecond: 150,
      shares: [
        { class: 'hang', times: 1, every: 101 },
        { class: 'late', times: 1, waitMs: 700, every: 151 },
        { class: 'slow', waitMs: 300, every: 37 },
        { class: 'poison', every: 200 },
      ],
    },
    callTimeoutMs: 1_000,
    hosts: 2,
  },
  async (scene) => scene.untilDone(300),
);

export const abortedTransactions = scenario(
  {
    title: 'a transactional topic with aborted transactions, an invoker killed meanwhile',
    load: { records: 1_000, perSecond: 250, shares: mixed, abortEvery: 4 },
    invokers: 2,
    hosts: 1,
    plannedFaults: ['invoker killed'],
  },
  async (scene, nemesis) => {
    await scene.untilDone(200);
    await nemesis.killInvoker(0);
  },
);

/** An answer that, parsed, takes more memory than the invoker has: it dies of it, as its container would. */
export const killerRecord = scenario(
  {
    title: 'a record whose answer is more than the invoker can hold',
    load: { records: 600, perSecond: 100, shares: [{ class: 'huge', times: 300_000, at: 255 }] },
    invokers: 2,
    invokerArgv: ['--max-old-space-size=96'],
    maxResponseBytes: 500_000_000,
    memoryCapBytes: 1_000_000_000,
    maxAttempts: 3,
    callTimeoutMs: 20_000,
    plannedFaults: ['invoker died'],
  },
  async (scene, nemesis) => {
    const stop = nemesis.raiseTheDead();
    try {
      // Some lives end before the record is found: a minute on a busy machine.
      await scene.untilCommitted(110_000);
    } finally {
      await stop();
    }
  },
);
