// The scout of one namespace: wires Kafka, sampling rounds and the door; stops on SIGTERM.
import pino from 'pino';
import type { BindingSample, ScoutBinding } from '#contract/scout.ts';
import { type KafkaCluster, kafkaRoom } from '#kafka/index.ts';
import { delayOf, type Ends, withEnds } from './ages.ts';
import { createClusters } from './clusters.ts';
import { readConfig } from './config.ts';
import { createLooks, type Looks } from './looks.ts';
import { createMetrics } from './metrics.ts';
import { createNightWatch } from './night-watch.ts';
import { startRounds } from './rounds.ts';
import { sampleTogether } from './sampler.ts';
import { createScoutServer } from './server.ts';

const config = readConfig(process.env);
const log = pino({ level: config.logLevel, base: { component: 'scout' } });
const metrics = createMetrics();
const clusters = createClusters(kafkaRoom.connect);
/** The newest outcome of each binding, and why it could not be watched, to log changes only. */
const outcomes = new Map<string, string>();
const losses = new Map<string, string>();
const ends = new Map<string, Ends>();
const looks = new WeakMap<KafkaCluster, Looks>();
/** Watched bindings are looked at in every so manieth round only: the watch is quicker than any sample. */
const watchedEvery = 5;

const nightWatch = createNightWatch({
  clusterOf: (binding) => clusters.of(binding.bootstrapServers),
  watch: kafkaRoom.watch,
  onWoken: (sample, before) => {
    metrics.woken();
    // The newest sample may be seconds old: until now nothing was owed.
    ends.set(sample.uid, withEnds(ends.get(sample.uid) ?? new Map(), before, sample.atMs));
    rounds.tell(sample);
  },
  onFailure: (failure) => log.warn({ failure }, 'the watch over quiet bindings goes on when the broker answers'),
  onLost({ uid, name: binding, topic }, failure) {
    if (losses.get(uid) === failure.code) return;
    losses.set(uid, failure.code);
    log.warn({ binding, topic, failure }, 'not watched: samples tell of records until it can be');
  },
  keepOffsetsMs: config.keepOffsetsMs,
  now: Date.now,
});

const rounds = startRounds({
  periodMs: config.samplePeriodMs,
  bindingTimeoutMs: 10_000,
  now: Date.now,
  isDue: (binding, round) => round % watchedEvery === 0 || !nightWatch.isWatched(binding),
  onRoundEnd: () => metrics.watching(nightWatch.refresh()),
  sampleAll(bindings) {
    const groups = Map.groupBy(bindings, (binding) => clusters.of(binding.bootstrapServers));
    return new Map([...groups].flatMap(([cluster, theirs]) => [...together(cluster, theirs)]));
  },
  sampled(binding, taken) {
    const sample = withDelay(taken);
    metrics.sampled(binding, sample);
    note(binding, sample);
    return nightWatch.sampled(binding, sample);
  },
});

function together(cluster: KafkaCluster, bindings: readonly ScoutBinding[]): ReturnType<typeof sampleTogether> {
  const known = looks.get(cluster) ?? createLooks(cluster, Date.now);
  looks.set(cluster, known);
  return sampleTogether(cluster, known, bindings, Date.now);
}

function withDelay(sample: BindingSample): BindingSample {
  const { uid, atMs, outcome } = sample;
  if (outcome.kind === 'failed') return sample;
  const known = withEnds(ends.get(uid) ?? new Map(), outcome.partitions, atMs);
  ends.set(uid, known);
  return { ...sample, outcome: { ...outcome, delayMs: delayOf(known, outcome.partitions, atMs) } };
}

function note({ uid, name, topic }: ScoutBinding, { outcome }: BindingSample): void {
  const word = outcome.kind === 'sampled' ? 'sampled' : outcome.reason;
  if (outcomes.get(uid) === word) return;
  outcomes.set(uid, word);
  log.info({ binding: name, topic, outcome: outcome.kind === 'failed' ? outcome : word }, 'sample changed');
}

const server = createScoutServer({
  rounds,
  metrics: metrics.text,
  onDocument: (document) => {
    const named = new Set(document.bindings.map((b) => b.uid));
    for (const memory of [outcomes, losses, ends])
      for (const uid of memory.keys()) if (!named.has(uid)) memory.delete(uid);
    metrics.keepOnly(document.bindings);
    nightWatch.keepOnly(document);
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
  void nightWatch
    .close()
    .then(() => clusters.close())
    .then(() => process.exit(0));
});
