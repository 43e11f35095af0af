// The scout of one namespace: wires Kafka, sampling rounds and the door; stops on SIGTERM.
import pino from 'pino';
import { kafkaRoom } from '#kafka/index.ts';
import { createClusters } from './clusters.ts';
import { readConfig } from './config.ts';
import { createMetrics } from './metrics.ts';
import { startRounds } from './rounds.ts';
import { sampleBinding } from './sampler.ts';
import { createScoutServer } from './server.ts';

const config = readConfig(process.env);
const log = pino({ level: config.logLevel, base: { component: 'scout' } });
const metrics = createMetrics();
const clusters = createClusters(kafkaRoom.connect);
/** The newest outcome of each binding, to log changes only. */
const outcomes = new Map<string, string>();

const rounds = startRounds({
  periodMs: config.samplePeriodMs,
  bindingTimeoutMs: 10_000,
  concurrency: 16,
  now: Date.now,
  sample: async (binding) => {
    const sample = await sampleBinding(clusters.of(binding.bootstrapServers), binding, Date.now);
    metrics.sampled(sample);
    const outcome = sample.outcome.kind === 'sampled' ? 'sampled' : sample.outcome.reason;
    if (outcomes.get(binding.uid) !== outcome) {
      outcomes.set(binding.uid, outcome);
      log.info(
        {
          binding: binding.name,
          topic: binding.topic,
          outcome: sample.outcome.kind === 'failed' ? sample.outcome : outcome,
        },
        'sample changed',
      );
    }
    return sample;
  },
});

const server = createScoutServer({
  rounds,
  metrics: metrics.text,
  onDocument: (document) => {
    const named = new Set(document.bindings.map((b) => b.uid));
    for (const uid of outcomes.keys()) if (!named.has(uid)) outcomes.delete(uid);
    clusters.keepOnly(document);
    rounds.watch(document);
    log.info({ bindings: document.bindings.length, document: document.hash }, 'watching');
  },
});
server.listen(config.port, () => log.info({ port: config.port }, 'listening'));

process.once('SIGTERM', () => {
  rounds.stop();
  server.close();
  server.closeAllConnections();
  void clusters.close().then(() => process.exit(0));
});
