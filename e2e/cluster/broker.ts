// A real Kafka broker on 127.0.0.1 as a child process of a test: broker and controller in one, data in a temp folder.
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, makeScratch, startChild } from './children.ts';
import { must } from './commands.ts';
import { locked } from './lock.ts';
import { freePorts, isListening } from './ports.ts';
import { step } from './progress.ts';
import { NotReady, untilReady } from './readiness.ts';
import { reapLeftovers } from './run-records.ts';
import { cacheDir, javaCommand, kafkaLibs } from './tools.ts';

export interface BrokerOptions {
  /** How long a group member may be silent before it is out, in the classic and the new protocol. Default 6000. */
  readonly sessionTimeoutMs?: number;
  /** How often members of the new protocol are told to send heartbeats. Default 1000. */
  readonly heartbeatIntervalMs?: number;
  /** A broker beside this one, in its cluster; it has no part in the controller. */
  readonly joins?: Broker;
  /** Further lines of server.properties; they win over the harness's own. */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface Broker {
  /** "127.0.0.1:PORT"; the same over restarts. */
  readonly bootstrap: string;
  readonly cluster: { readonly id: string; readonly controller: string };
  /** The folder with `broker.log`, `server.properties` and Kafka's data; gone after `dispose`. */
  readonly logDir: string;
  /** Ends the broker and waits for that; the data stays. SIGTERM is an orderly shutdown, SIGKILL a crash. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts a stopped broker again on the same port with the same data; resolves when it answers. */
  start(): Promise<void>;
  /** Freezes the broker (SIGSTOP): connections stay open and nothing is answered. */
  pause(): Promise<void>;
  resume(): void;
  /** Ends the broker and removes its data. */
  dispose(): Promise<void>;
}

const readyWithinMs = 60_000;
const usualStopGraceMs = 20_000;
const archiveWithinMs = 180_000;
const startAttempts = 3;

// Chosen for a quick start and a small footprint, not for throughput.
const jvmFlags = ['-Xmx512m', '-Xms64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
const logFlags = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=info',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
  '-Dorg.slf4j.simpleLogger.showThreadName=false',
];

/** Starts a broker; resolves when it accepts connections. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  reapLeftovers();
  const [java, libs] = await Promise.all([javaCommand(), kafkaLibs()]);
  const loads = [`-XX:SharedArchiveFile=${await archiveOfClasses(java, libs)}`];
  for (let attempt = 1; ; attempt += 1) {
    const broker = await prepare({ java, libs, loads, starts: loads }, options);
    try {
      await broker.start();
      return broker;
    } catch (error) {
      await broker.dispose();
      // Between our choice of the ports and the broker's use of them another process may have been quicker.
      const portTaken = error instanceof NotReady && /Address already in use/.test(error.log);
      if (!portTaken || attempt === startAttempts) throw error;
    }
  }
}

/** The settings of a broker for tests, by name. */
export function brokerProperties(
  ports: { readonly client: number; readonly controller: number },
  dataDir: string,
  options: BrokerOptions,
): Record<string, string> {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 6_000;
  const heartbeatIntervalMs = options.heartbeatIntervalMs ?? 1_000;
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${ports.client},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.client}`,
    'log.dirs': dataDir,
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    // The classic protocol lets the client choose within these bounds.
    'group.min.session.timeout.ms': String(Math.min(1_000, sessionTimeoutMs)),
    'group.max.session.timeout.ms': '1800000',
    // In the new protocol the broker decides; its own lower bounds (45 s and 5 s) have to give way.
    'group.consumer.min.session.timeout.ms': String(Math.min(1_000, sessionTimeoutMs)),
    'group.consumer.session.timeout.ms': String(sessionTimeoutMs),
    'group.consumer.max.session.timeout.ms': String(Math.max(60_000, sessionTimeoutMs)),
    'group.consumer.min.heartbeat.interval.ms': String(Math.min(100, heartbeatIntervalMs)),
    'group.consumer.heartbeat.interval.ms': String(heartbeatIntervalMs),
    'group.consumer.max.heartbeat.interval.ms': String(Math.max(15_000, heartbeatIntervalMs)),
    // A crashed broker may come back only after its old session is over: not the usual 9 s.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'background.threads': '2',
    'log.cleaner.dedupe.buffer.size': String(4 * 1024 * 1024),
    ...options.properties,
  };
}

interface Kafka {
  readonly java: string;
  readonly libs: string;
  /** Flags of the JVM on classes: of the tool that formats the data folder, and of the broker. */
  readonly loads: readonly string[];
  readonly starts: readonly string[];
}

/**
 * A file from which a JVM maps the classes of a broker instead of loading each anew: half the processor time of a start. A
 * broker writes it when it ends, once for a machine; a JVM that it does not fit passes over it.
 */
async function archiveOfClasses(java: string, libs: string): Promise<string> {
  const archive = join(cacheDir, 'kafka-classes.jsa');
  if (existsSync(archive)) return archive;
  await locked(join(cacheDir, 'kafka-classes.lock'), archiveWithinMs, async () => {
    if (existsSync(archive)) return;
    await step("noting Kafka's classes, once (usually 15 s)", async () => {
      const making = join(cacheDir, `making-${crypto.randomUUID()}.jsa`);
      const writes = [`-XX:ArchiveClassesAtExit=${making}`];
      const broker = await prepare({ java, libs, loads: [], starts: writes }, {}, archiveWithinMs);
      try {
        await broker.start();
        await broker.stop();
        if (existsSync(making)) renameSync(making, archive);
        // A JVM that writes none is not asked again.
        else writeFileSync(archive, '');
      } finally {
        rmSync(making, { force: true });
        await broker.dispose();
      }
    });
  });
  return archive;
}

async function prepare(
  { java, libs, loads, starts }: Kafka,
  options: BrokerOptions,
  stopGraceMs = usualStopGraceMs,
): Promise<Broker> {
  const [client, controller] = (await freePorts(2)) as [number, number];
  const scratch = makeScratch('broker');
  const propertiesPath = join(scratch.dir, 'server.properties');
  const logPath = join(scratch.dir, 'broker.log');
  const { joins } = options;
  const cluster = joins?.cluster ?? { id: newClusterId(), controller: `127.0.0.1:${controller}` };
  const own = brokerProperties({ client, controller }, join(scratch.dir, 'data'), options);
  const properties = joins === undefined ? own : { ...own, ...besideProperties(cluster.controller, client) };
  writeFileSync(propertiesPath, propertiesText(properties));
  const command = (flags: readonly string[], mainClass: string, ...args: string[]) => [
    ...[...jvmFlags, ...flags, ...logFlags, '-cp', join(libs, '*')],
    mainClass,
    ...args,
  ];
  const format = command(loads, 'kafka.tools.StorageTool', 'format', '-t', cluster.id, '-c', propertiesPath);
  let formatted = false;
  let child: Child | undefined;
  return {
    bootstrap: `127.0.0.1:${client}`,
    cluster,
    logDir: scratch.dir,
    async start() {
      if (child?.isRunning()) throw new Error('the broker runs already');
      if (!formatted) await must(java, format);
      formatted = true;
      const logBegin = sizeOf(logPath);
      const args = command(starts, 'kafka.Kafka', propertiesPath);
      child = await startChild({ name: 'kafka broker', command: java, args, cwd: scratch.dir, logPath });
      await untilReady('kafka broker', child, logPath, readyWithinMs, async () => {
        const started = readFileSync(logPath).subarray(logBegin).includes('Kafka Server started');
        return started && (await isListening(client));
      });
    },
    stop: async (signal = 'SIGTERM') => child?.stop(signal, stopGraceMs),
    pause: async () => child?.freeze(),
    resume: () => child?.signal('SIGCONT'),
    async dispose() {
      await child?.stop('SIGKILL');
      scratch.dispose();
    },
  };
}

/** What is different for a second broker. */
const besideProperties = (controller: string, clientPort: number): Record<string, string> => ({
  'process.roles': 'broker',
  'node.id': '2',
  'controller.quorum.voters': `1@${controller}`,
  listeners: `PLAINTEXT://127.0.0.1:${clientPort}`,
});

function propertiesText(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Kafka's form of an id: 16 random bytes in URL-safe base64, which must not begin with a dash. */
function newClusterId(): string {
  const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
  return id.startsWith('-') ? newClusterId() : id;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
