// Watches over quiet bindings: tells their first record at once, passes what nobody can see, and keeps their offsets alive. IO; judgement is in sleepers.ts.
import type { BindingSample, PartitionSample, ScoutBinding, ScoutDocument } from '#contract/scout.ts';
import type { KafkaCluster, KafkaFailure, Watch, WatchedPartition, WatchHandlers } from '#kafka/ports.ts';
import { createOffsetKeeper } from './offset-keeping.ts';
import { createPassing } from './passing.ts';
import { afterSample, isQuiet, positionIn, type Sleeper, watchedPositions, wokenSample } from './sleepers.ts';

export interface NightWatchOptions {
  readonly clusterOf: (binding: ScoutBinding) => KafkaCluster;
  readonly watch: (cluster: KafkaCluster, handlers: WatchHandlers) => Watch;
  /** A record came: this is to be told now. `before`: what was there until then. */
  readonly onWoken: (sample: BindingSample, before: readonly PartitionSample[]) => void;
  readonly onFailure: (failure: KafkaFailure) => void;
  /** The binding cannot be watched, for this reason; it is sampled, and tried again when it is quiet. */
  readonly onLost: (binding: ScoutBinding, failure: KafkaFailure) => void;
  /** Offsets of quiet groups are committed anew after so long. */
  readonly keepOffsetsMs: number;
  readonly now: () => number;
}

export interface NightWatch {
  /**
   * What of a sample is to be told: itself, or null where a watched binding owes records that nobody was told of. Those are markers and
   * aborted records, about to be passed; where the next sample still says so, it is told: sampling stays as the safety net.
   */
  sampled(binding: ScoutBinding, sample: BindingSample): BindingSample | null;
  /** Whether the binding is watched as a whole: then it is sampled less often. */
  isWatched(binding: ScoutBinding): boolean;
  /** After each round: who is quiet now is watched from now on. How many are. */
  refresh(): number;
  keepOnly(document: ScoutDocument): void;
  close(): Promise<void>;
}

export function createNightWatch(options: NightWatchOptions): NightWatch {
  const sleepers = new Map<string, Sleeper>();
  const watches = new Map<KafkaCluster, Watch>();
  /** Those whose newest sample was not told. */
  const suspects = new Set<string>();
  const { clusterOf, onFailure, now } = options;
  const keeper = createOffsetKeeper({ clusterOf, everyMs: options.keepOffsetsMs, onFailure, now });
  const passing = createPassing(sleepers, keeper);

  const sleepersAt = (cluster: KafkaCluster): Sleeper[] =>
    [...sleepers.values()].filter((s) => clusterOf(s.binding) === cluster);
  const waitingFor = (cluster: KafkaCluster, { topic, topicId, partition }: WatchedPartition): Sleeper[] =>
    sleepersAt(cluster).filter(
      (s) => s.binding.topic === topic && s.topicId === topicId && positionIn(s, partition) !== null,
    );

  function handlersOf(cluster: KafkaCluster): WatchHandlers {
    return {
      onRecord(watched, offset) {
        for (const sleeper of waitingFor(cluster, watched)) {
          const woken = wokenSample(sleeper, watched.partition, offset, now());
          if (woken === null) continue;
          sleepers.delete(sleeper.binding.uid);
          options.onWoken(woken, sleeper.partitions);
        }
        refreshOne(cluster);
      },
      onPassed(watched, position) {
        for (const { binding } of waitingFor(cluster, watched)) passing.pass(binding.uid, watched, position);
      },
      // Judged by the next sample, which says what is wrong.
      onLost(watched, failure) {
        for (const { binding } of waitingFor(cluster, watched)) {
          sleepers.delete(binding.uid);
          options.onLost(binding, failure);
        }
      },
      onFailure,
    };
  }

  function refreshOne(cluster: KafkaCluster): void {
    const quiet = sleepersAt(cluster).filter((s) => isQuiet(s, now()));
    const known = watches.get(cluster);
    if (known === undefined && quiet.length === 0) return;
    const watch = known ?? options.watch(cluster, handlersOf(cluster));
    watches.set(cluster, watch);
    watch.set(watchedPositions(quiet));
  }

  const isWatched = (binding: ScoutBinding): boolean => {
    const sleeper = sleepers.get(binding.uid);
    const watch = watches.get(clusterOf(binding));
    if (sleeper === undefined || watch === undefined || !isQuiet(sleeper, now())) return false;
    return sleeper.partitions.every((p) => watch.isWatching(binding.topic, p.partition));
  };

  return {
    isWatched: (binding) => !suspects.has(binding.uid) && isWatched(binding),
    sampled(binding, sample) {
      const { uid } = binding;
      const known = sleepers.get(uid) ?? null;
      const next = afterSample(known, binding, sample);
      const owes = sample.outcome.kind === 'sampled' && next === null;
      if (owes && known !== null && isWatched(binding) && !suspects.has(uid)) {
        suspects.add(uid);
        return null;
      }
      suspects.delete(uid);
      if (next === null) sleepers.delete(uid);
      else sleepers.set(uid, next);
      return sample;
    },
    refresh() {
      const all = [...sleepers.values()];
      const used = new Set([...watches.keys(), ...all.map((s) => clusterOf(s.binding))]);
      for (const cluster of used) refreshOne(cluster);
      keeper.keep(all.filter((s) => isQuiet(s, now())));
      return all.filter((s) => isWatched(s.binding)).length;
    },
    keepOnly(document) {
      const named = new Set(document.bindings.map((b) => b.uid));
      keeper.keepOnly(named);
      for (const uid of sleepers.keys()) if (!named.has(uid)) sleepers.delete(uid);
      for (const uid of suspects) if (!named.has(uid)) suspects.delete(uid);
      const used = new Set(document.bindings.map(clusterOf));
      for (const [cluster, watch] of watches) {
        if (used.has(cluster)) continue;
        watches.delete(cluster);
        watch.close().catch(() => undefined);
      }
    },
    async close() {
      await Promise.allSettled([...watches.values()].map((watch) => watch.close()));
      watches.clear();
    },
  };
}
