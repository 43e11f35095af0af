/** Where everything is measured: one broker, topics filled once, and fresh processes for each run. */
import { writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { reportPath } from '#contract/invoker-report.ts';
import { type Broker, startBroker } from '../cluster/broker.ts';
import { type Child, makeScratch } from '../cluster/children.ts';
import { freePorts } from '../cluster/ports.ts';
import { step } from '../cluster/progress.ts';
import { contractOf } from './contract.ts';
import { LoadKafka } from './kafka.ts';
import { fill } from './load.ts';
import { childrenWith } from './meter.ts';
import { bundlePrograms, type Program, type ProgramName, startProgram } from './programs.ts';
import type { BenchSettings } from './settings.ts';

export interface Binding {
  readonly topic: string;
  readonly partitions: number;
  readonly batch: number;
  readonly concurrency: number;
  readonly endpoints: readonly string[];
}

export interface Host {
  readonly endpoint: string;
  readonly pid: number;
  /** What the function answers to a plain request. */
  notes(): Promise<unknown>;
  stop(): Promise<void>;
}

/** Something that takes records from Kafka to the function: idle until `begin`. */
export interface Connector {
  readonly pid: number;
  begin(): Promise<void>;
  report(): Promise<{ readonly recordsSettled: number; readonly ownedPartitions?: readonly number[] }>;
  stop(): Promise<void>;
}

/** As in production: a machine under full load must not cost anybody the membership. */
const sessionTimeoutMs = 45_000;

export class Stage {
  readonly settings: BenchSettings;
  readonly kafka: LoadKafka;
  readonly brokerPid: number;
  readonly #broker: Broker;
  readonly #programs: Readonly<Record<ProgramName, Program>>;
  readonly #dir: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #topics = new Map<string, string>();
  #groups = 0;

  private constructor(
    settings: BenchSettings,
    broker: Broker,
    kafka: LoadKafka,
    programs: Readonly<Record<ProgramName, Program>>,
    dir: string,
  ) {
    this.settings = settings;
    this.kafka = kafka;
    this.#broker = broker;
    this.#programs = programs;
    this.#dir = dir;
    const [pid] = childrenWith('kafka.Kafka');
    if (pid === undefined) throw new Error('the broker is not among our child processes');
    this.brokerPid = pid;
  }

  static async set(settings: BenchSettings): Promise<Stage> {
    const { dir } = makeScratch('bench');
    const programs = await bundlePrograms(dir);
    const broker = await step('Kafka broker', () => startBroker({ sessionTimeoutMs }));
    return new Stage(settings, broker, await LoadKafka.connect(broker.bootstrap), programs, dir);
  }

  async end(): Promise<void> {
    this.#agent.destroy();
    await this.kafka.close();
    await this.#broker.dispose();
  }

  /** A topic with exactly so many records; the same one when asked again. */
  async filledTopic(partitions: number, count: number): Promise<string> {
    const name = `load-${partitions}-${count}`;
    if (!this.#topics.has(name)) {
      await step(`${count} records to ${partitions} partitions`, async () => {
        await this.kafka.topic(partitions, {}, name);
        await fill(this.kafka, name, partitions, count);
      });
      this.#topics.set(name, name);
    }
    return name;
  }

  async host(code: string, concurrency: number): Promise<Host> {
    const [port] = (await freePorts(1)) as [number];
    const { dir } = makeScratch('bench-code');
    writeFileSync(join(dir, 'index.mjs'), code);
    const endpoint = `127.0.0.1:${port}`;
    const child = await startProgram({
      program: this.#programs.host,
      dir: this.#dir,
      env: { HEADRACE_PORT: String(port), HEADRACE_CODE_DIR: dir, HEADRACE_CONCURRENCY: String(concurrency) },
      readyUrl: `http://${endpoint}/headrace/readyz`,
      profileDir: null,
    });
    const notes = async () => (await fetch(`http://${endpoint}/`, { method: 'POST', body: '{}' })).json();
    return { endpoint, pid: child.pid, notes, stop: () => child.stop() };
  }

  /** An invoker that is ready but placed nowhere until it begins. */
  async invoker(binding: Binding): Promise<Connector> {
    this.#groups += 1;
    const group = `bench-${this.#groups}`;
    await this.kafka.position(group, binding.topic, binding.partitions);
    const { dir } = makeScratch('bench-invoker');
    const contract = contractOf({ ...binding, bootstrap: this.#broker.bootstrap, group });
    writeFileSync(join(dir, 'contract.json'), JSON.stringify(contract));
    const placementFile = join(dir, 'placement');
    writeFileSync(placementFile, '0');
    const [port] = (await freePorts(1)) as [number];
    const child = await startProgram({
      program: this.#programs.invoker,
      dir: this.#dir,
      env: {
        POD_NAME: 'bench-invoker-0',
        HEADRACE_CONTRACT: join(dir, 'contract.json'),
        HEADRACE_PORT: String(port),
        HEADRACE_FUNCTION_ENDPOINTS: binding.endpoints.join(','),
        HEADRACE_PLACEMENT_FILE: placementFile,
        HEADRACE_SESSION_TIMEOUT_MS: String(sessionTimeoutMs),
      },
      readyUrl: `http://127.0.0.1:${port}${reportPath}`,
      profileDir: this.settings.profileDir,
    });
    return this.#connector(child, port, async () => writeFileSync(placementFile, '1'));
  }

  async bareLoop(binding: Binding): Promise<Connector> {
    const [port] = (await freePorts(1)) as [number];
    const child = await startProgram({
      program: this.#programs['bare-loop'],
      dir: this.#dir,
      env: {
        BARE_BOOTSTRAP: this.#broker.bootstrap,
        BARE_TOPIC: binding.topic,
        BARE_PARTITIONS: String(binding.partitions),
        BARE_ENDPOINTS: binding.endpoints.join(','),
        BARE_CONCURRENCY: String(binding.concurrency),
        BARE_BATCH: String(binding.batch),
        BARE_PORT: String(port),
      },
      readyUrl: `http://127.0.0.1:${port}${reportPath}`,
      profileDir: this.settings.profileDir,
    });
    return this.#connector(child, port, async () => child.signal('SIGUSR2'));
  }

  #connector(child: Child, port: number, begin: () => Promise<void>): Connector {
    return {
      pid: child.pid,
      begin,
      report: async () => {
        if (!child.isRunning()) throw new Error(`it ended with ${await child.ended}: see the logs in ${this.#dir}`);
        return this.#json(port);
      },
      stop: () => child.stop(),
    };
  }

  /** Not by `fetch`, which costs several times as much: this is asked for while others are measured. */
  #json<T>(port: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const asked = get({ host: '127.0.0.1', port, path: reportPath, agent: this.#agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve(JSON.parse(text) as T));
      });
      asked.on('error', reject);
    });
  }
}
