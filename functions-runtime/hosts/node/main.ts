/** Entry of the Node host: reads the settings, listens, loads the code, obeys signals. */
import type { AddressInfo } from 'node:net';
import { BodyReader } from './body.ts';
import { createCallers } from './callers.ts';
import type { CallRoom } from './calls.ts';
import { type LoadedCode, loadCode } from './code.ts';
import { drain } from './drain.ts';
import { Guard } from './guard.ts';
import { createLog, type Fields } from './log.ts';
import { Metrics } from './metrics.ts';
import { RunningCalls } from './running.ts';
import { createHostServer, type HostState } from './server.ts';
import { readSettings, type Settings } from './settings.ts';
import { Turns } from './turns.ts';

const maxPartitions = 100_000;
const readAtATime = 4;
/** Calls that wait for a slot; each holds its events. */
const maxWaiting = 64;

const write = (line: string) => process.stdout.write(`${line}\n`);
const logWith = (fields: Fields) => createLog(write, Date.now, fields);
const log = logWith({});

function host(settings: Settings): void {
  let code: LoadedCode | null = null;
  const { callersKeysFile, callersAudience, callersNamespace } = settings;
  const room: CallRoom = {
    callers: createCallers(
      { keysFile: callersKeysFile, audience: callersAudience, namespace: callersNamespace },
      Date.now,
    ),
    functionName: settings.functionName,
    timeoutMs: settings.timeoutMs,
    code: () => code,
    bodies: new BodyReader(settings.maxBodyBytes, settings.maxBodyBytes * readAtATime),
    guard: new Guard({ concurrency: settings.concurrency, maxPartitions }),
    turns: new Turns(maxWaiting),
    running: new RunningCalls(),
    metrics: new Metrics(),
    log,
    logWith,
    now: Date.now,
    newId: () => crypto.randomUUID(),
  };
  const state: HostState = { stopping: false, lastCallMs: 0 };
  const server = createHostServer(room, state);
  server.on('error', (error) => {
    log.error('cannot listen', { port: settings.port, error, next: 'free the port or set HEADRACE_PORT' });
    process.exit(1);
  });
  server.listen(settings.port, () => log.info('listening', { port: (server.address() as AddressInfo).port }));

  const load = async () => {
    code = await loadCode(settings);
    const sinceStartMs = Math.round(performance.now());
    if (code.kind === 'loaded') log.info('ready', { file: code.file, form: code.form, sinceStartMs });
    else log.error('the code does not load', { cause: code.cause, next: code.next });
  };
  load().catch((error: unknown) => log.error('the code does not load', { error }));

  // A forgotten promise must not take the calls of other partitions with it; an exception outside of any call leaves an unknown state.
  process.on('unhandledRejection', (error) => {
    room.metrics.unhandledRejection();
    log.error('a promise failed with nobody waiting', { error, next: 'await it in the function' });
  });
  process.on('uncaughtException', (error) => {
    log.error('exception outside of any call', { error, next: 'catch it where it is thrown' });
    process.exit(1);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('stopping', { signal, inFlight: room.guard.inFlight });
      drain(server, room, state, settings.drainMs).then(
        (end) => {
          log.info('stopped', { end });
          process.exit(0);
        },
        (error: unknown) => {
          log.error('stopping failed', { error });
          process.exit(1);
        },
      );
    });
  }
}

const read = readSettings(process.env);
if (read.kind === 'read') {
  host(read.settings);
} else {
  for (const problem of read.problems) log.error('setting invalid', { problem });
  process.exit(2);
}
