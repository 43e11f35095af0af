/** Everything of one run on a broker: topics, real hosts, real invokers, load, samples; and at the end its whole history, checked. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import type { InvokerContract } from '../../functions-runtime/contract/invoker-contract.ts';
import { check, type Report } from '../checker/check.ts';
import type { Entry, Rules } from '../checker/history.ts';
import { readHistory } from '../checker/read-history.ts';
import { reportText } from '../checker/report-text.ts';
import { makeScratch } from '../cluster/children.ts';
import { freePorts } from '../cluster/ports.ts';
import { nextLookMs } from '../cluster/waiting.ts';
import { type ContractWish, contractOf, type Topics } from './contract.ts';
import { HistoryFile, nowMs } from './history-file.ts';
import { Load, type LoadPlan } from './load.ts';
import { KeptProcess } from './processes.ts';
import { readTruth } from './truth.ts';
import { Progress, reportOf, Watch } from './watch.ts';

export interface ScenePlan extends ContractWish {
  readonly title: string;
  readonly load: LoadPlan;
  readonly partitions?: number;
  readonly hosts?: number;
  /** Invoker processes, and how many of them own partitions at first. */
  readonly invokers?: number;
  readonly placed?: number;
  /** How long the function takes for a call. Default 5. */
  readonly callMs?: number;
  readonly commitIntervalMs?: number;
  readonly invokerArgv?: readonly string[];
  readonly plannedFaults?: readonly string[];
  readonly memoryCapBytes?: number;
}

export interface Ground {
  readonly bootstrap: string;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** The sources that run: this checkout, or a copy that was broken on purpose. */
  readonly root: string;
}

const patienceMs = 60_000;
/** When the lag has not become less for so long, it is taken to be stuck: longer than a session, backoffs and a slow start together. */
const stillMs = 20_000;
const audited = join(import.meta.dirname, 'audited-function');

export class Scene {
  readonly plan: ScenePlan;
  readonly ground: Ground;
  readonly folder: string;
  readonly history: HistoryFile;
  readonly hosts: readonly KeptProcess[];
  readonly invokers: readonly KeptProcess[];
  readonly progress: Progress;
  readonly load: Load;
  readonly topics: Topics;
  readonly #admin: Admin;
  readonly #watch: Watch;
  readonly #disposeScratch: () => void;

  private constructor(
    plan: ScenePlan,
    ground: Ground,
    parts: Pick<Scene, 'folder' | 'history' | 'hosts' | 'invokers' | 'topics'> & { admin: Admin; dispose: () => void },
  ) {
    const { history, hosts, invokers, folder, topics, admin, dispose } = parts;
    this.plan = plan;
    this.ground = ground;
    this.folder = folder;
    this.history = history;
    this.hosts = hosts;
    this.invokers = invokers;
    this.topics = topics;
    this.#admin = admin;
    this.#disposeScratch = dispose;
    this.progress = new Progress(hosts.map(({ name }) => join(folder, `${name}.ndjson`)));
    this.#watch = new Watch(invokers, history);
    const { partitions = 8 } = plan;
    this.load = new Load(plan.load, { bootstrap: ground.bootstrap, topic: topics.input, partitions, history });
  }

  /** Topics and positions are made, hosts and invokers are up, the load has begun. */
  static async begin(plan: ScenePlan, ground: Ground): Promise<Scene> {
    const { partitions = 8, hosts = 1, invokers = 1, placed = invokers } = plan;
    const scratch = makeScratch('faults');
    const folder = scratch.dir;
    const history = new HistoryFile(folder, 'harness');
    const admin = new Kafka({ clientId: 'harness', brokers: [ground.bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const topics = await makeTopics(admin, partitions);
    const contract = contractOf(ground.bootstrap, topics, plan);
    history.write(rulesOf(plan, contract));
    history.write({ kind: 'clock', atMs: nowMs(), unixMs: Date.now() });
    writeFileSync(join(folder, 'contract.json'), JSON.stringify(contract));
    writeFileSync(join(folder, 'placement'), String(placed));
    const ports = await freePorts(hosts);
    const made = {
      hosts: ports.map((port, index) => hostOf(index, port, { folder, history, plan, ground, contract })),
      invokers: Array.from({ length: invokers }, (_, ordinal) =>
        invokerOf(ordinal, ports, { folder, history, plan, ground }),
      ),
    };
    await Promise.all([...made.hosts, ...made.invokers].map((each) => each.start()));
    return new Scene(plan, ground, { folder, history, topics, admin, dispose: scratch.dispose, ...made });
  }

  place(invokers: number): void {
    writeFileSync(join(this.folder, 'placement'), String(invokers));
  }

  answeredMs(pid: number): number | undefined {
    return this.#watch.answeredMs(pid);
  }

  /** The file whose presence makes every call fail. */
  get failingFile(): string {
    return join(this.folder, 'failing');
  }

  async until(what: string, holds: () => boolean | Promise<boolean>, withinMs = patienceMs): Promise<void> {
    const beginMs = performance.now();
    while (!(await holds())) {
      const tookMs = performance.now() - beginMs;
      if (tookMs > withinMs) throw new Error(`${this.plan.title}: ${what}: not within ${withinMs} ms`);
      await pause(nextLookMs(25, tookMs));
    }
  }

  /** Until just so many invokers own partitions, and every partition is owned. */
  async untilOwned(invokers: number): Promise<void> {
    const { partitions = 8 } = this.plan;
    await this.until(`${invokers} own all ${partitions} partitions`, async () => {
      const reports = await Promise.all(this.invokers.map(reportOf));
      const owners = reports.filter((report) => report !== undefined && report.ownedPartitions.length > 0);
      const owned = owners.reduce((sum, report) => sum + report!.ownedPartitions.length, 0);
      return owners.length === invokers && owned === partitions;
    });
  }

  /** Until the function has done so many records since now. */
  async untilDone(more: number): Promise<void> {
    const enough = this.progress.done + more;
    await this.until(`${more} more records done`, () => this.progress.done >= enough);
  }

  /** Until everything that is written now is committed. */
  async untilCommitted(withinMs = patienceMs): Promise<void> {
    await this.load.finish();
    await this.until('all is committed', async () => (await this.#lag().catch(() => null)) === 0, withinMs);
  }

  /** Waits for the end of the load and of all work, ends every process in order, reads the truth and checks. */
  async end(): Promise<{ readonly report: Report; readonly text: string; readonly history: readonly Entry[] }> {
    await this.load.finish();
    const blocked = await this.#rest();
    this.history.write({ kind: 'rest', atMs: nowMs(), blocked });
    await this.#watch.stop();
    await Promise.all(this.invokers.map((each) => each.stop('SIGTERM')));
    await Promise.all(this.hosts.map((each) => each.stop('SIGKILL')));
    this.#takeInvokerLogs();
    const { bootstrap } = this.ground;
    const { maxAttempts = 5, load } = this.plan;
    const group = `group-${this.topics.input}`;
    const transactional = (load.abortEvery ?? 0) > 0;
    const truth = await readTruth({ bootstrap, ...this.topics, group, maxAttempts, transactional });
    new HistoryFile(this.folder, 'truth').write(...truth);
    const history = readHistory(this.folder);
    const report = check(history);
    return { report, text: reportText(report, history), history };
  }

  /** Ends what still runs and removes everything; `HEADRACE_KEEP_HISTORY` names a folder where the history and all logs are kept. */
  async dispose(): Promise<void> {
    await this.#watch.stop();
    await Promise.all([...this.invokers, ...this.hosts].map((each) => each.stop('SIGKILL')));
    await this.load.stop().catch(() => undefined);
    await this.#admin.disconnect();
    const keepIn = process.env.HEADRACE_KEEP_HISTORY;
    if (keepIn !== undefined)
      cpSync(this.folder, join(keepIn, this.plan.title.replaceAll(/\W+/g, '-')), { recursive: true });
    this.#disposeScratch();
  }

  /** Committed up to the end everywhere; or nothing moves any more: then the checker will say what is missing. */
  async #rest(): Promise<readonly { readonly partition: number; readonly offset: number }[]> {
    let least = Number.POSITIVE_INFINITY;
    let movedMs = performance.now();
    while (performance.now() - movedMs < stillMs) {
      // A broker that has just come back may not answer for the group yet.
      const lag = await this.#lag().catch(() => null);
      if (lag === 0) return [];
      if (lag !== null && lag < least) {
        least = lag;
        movedMs = performance.now();
      }
      await pause(100);
    }
    const reports = await Promise.all(this.invokers.map(reportOf));
    return reports.flatMap((report) => report?.blocked ?? []);
  }

  async #lag(): Promise<number> {
    const { input } = this.topics;
    const [found] = await this.#admin.fetchOffsets({ groupId: `group-${input}`, topics: [input] });
    const committed = new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
    const ends = await this.#admin.fetchTopicOffsets(input);
    return ends.reduce((lag, { partition, high }) => lag + Number(high) - (committed.get(partition) ?? 0), 0);
  }

  #takeInvokerLogs(): void {
    const file = new HistoryFile(this.folder, 'invokers');
    for (const { pid, line } of this.invokers.flatMap((each) => each.lines())) {
      const unixMs = Date.parse(String(line.time));
      const partition = Number(line.partition);
      if (line.msg === 'owned') file.write({ kind: 'owned', unixMs, pid, partition, epoch: Number(line.epoch) });
      else if (line.msg === 'no longer owned')
        file.write({ kind: 'gone', unixMs, pid, partition, how: String(line.how) });
      else if (/circuit is (open|closed)/.test(String(line.msg))) {
        file.write({ kind: 'circuit', unixMs, pid, state: String(line.msg).includes('is open') ? 'open' : 'closed' });
      }
    }
  }
}

async function makeTopics(admin: Admin, partitions: number): Promise<Topics> {
  const id = crypto.randomUUID();
  const topics = { input: `in-${id}`, output: `out-${id}`, deadLetter: `dead-${id}` };
  const appendTime = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      { topic: topics.input, numPartitions: partitions },
      { topic: topics.output, numPartitions: partitions, configEntries: appendTime },
      { topic: topics.deadLetter, numPartitions: 1, configEntries: appendTime },
    ],
  });
  const rows = Array.from({ length: partitions }, (_, partition) => ({ partition, offset: '0' }));
  await admin.setOffsets({ groupId: `group-${topics.input}`, topic: topics.input, partitions: rows });
  return topics;
}

function rulesOf(plan: ScenePlan, { delivery }: InvokerContract): Rules {
  return {
    kind: 'rules',
    title: plan.title,
    partitions: plan.partitions ?? 8,
    plannedRecords: plan.load.records,
    plannedFaults: plan.plannedFaults ?? [],
    maxAttempts: delivery.retry.maxAttempts,
    commitIntervalMs: plan.commitIntervalMs ?? 200,
    commitSlackMs: 1_500,
    staleGraceMs: 1_000,
    statusGraceMs: 5_000,
    memoryCapBytes: plan.memoryCapBytes ?? 300_000_000,
  };
}

interface Surroundings {
  readonly folder: string;
  readonly history: HistoryFile;
  readonly plan: ScenePlan;
  readonly ground: Ground;
}

function hostOf(
  index: number,
  port: number,
  { folder, history, plan, ground, contract }: Surroundings & { contract: InvokerContract },
): KeptProcess {
  const name = `host-${index}`;
  return new KeptProcess({
    name,
    root: ground.root,
    main: 'functions-runtime/hosts/node/main.ts',
    folder,
    history,
    isUp: ({ message }) => message === 'ready',
    env: {
      HEADRACE_CODE_DIR: audited,
      HEADRACE_PORT: String(port),
      HEADRACE_CONCURRENCY: String(contract.function.concurrency),
      HEADRACE_TIMEOUT_MS: String(contract.function.timeoutMs),
      AUDIT_FILE: join(folder, `${name}.ndjson`),
      AUDIT_FAILING_FILE: join(folder, 'failing'),
      AUDIT_CALL_MS: String(plan.callMs ?? 5),
    },
  });
}

function invokerOf(
  ordinal: number,
  hostPorts: readonly number[],
  { folder, history, plan, ground }: Surroundings,
): KeptProcess {
  return new KeptProcess({
    name: `invoker-${ordinal}`,
    root: ground.root,
    main: 'functions-runtime/invoker/src/main.ts',
    folder,
    history,
    isUp: ({ msg }) => msg === 'listens',
    execArgv: plan.invokerArgv ?? [],
    env: {
      POD_NAME: `run-invoker-${ordinal}`,
      HEADRACE_CONTRACT: join(folder, 'contract.json'),
      HEADRACE_PORT: '0',
      HEADRACE_FUNCTION_ENDPOINTS: hostPorts.map((port) => `127.0.0.1:${port}`).join(','),
      HEADRACE_PLACEMENT_FILE: join(folder, 'placement'),
      HEADRACE_SESSION_TIMEOUT_MS: String(ground.sessionTimeoutMs),
      HEADRACE_HEARTBEAT_INTERVAL_MS: String(ground.heartbeatIntervalMs),
      HEADRACE_COMMIT_INTERVAL_MS: String(plan.commitIntervalMs ?? 200),
      HEADRACE_PATIENCE_MS: '8000',
    },
  });
}
