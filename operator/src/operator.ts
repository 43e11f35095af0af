/** Puts the rooms of the operator together: watches, queue, reconciliation, scaling, reports, and its own server. */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { KubeApi } from '#kube/list-watch.ts';
import { createEventRecorder } from './clients/event-recorder.ts';
import { createKubeWriter, type KubeAccess } from './clients/kube.ts';
import type { Config } from './config.ts';
import { type Controller, startController } from './loop/controller.ts';
import { createMetrics } from './loop/metrics.ts';
import { startServer } from './loop/server.ts';
import { realTimers } from './loop/timers.ts';
import { workQueue } from './loop/work-queue.ts';
import { createNotes } from './notes.ts';
import { affectedBy } from './reconcile/affected.ts';
import { createApplier } from './reconcile/apply.ts';
import { type Change, startCluster } from './reconcile/cluster.ts';
import { createDesired } from './reconcile/desired.ts';
import { startInvokerReports } from './reconcile/invoker-reports.ts';
import { functionKey, type Key, keyText, parseKey } from './reconcile/keys.ts';
import { createReconciler, type Planner } from './reconcile/reconciler.ts';
import { createReporter } from './reconcile/report.ts';
import { createReportsSeen } from './reconcile/reports-seen.ts';
import { runningNow } from './reconcile/running.ts';
import { createSamplesSeen } from './reconcile/samples-seen.ts';
import { startTokenKeys } from './reconcile/token-keys.ts';
import { type Scaling, startScaling } from './scaling.ts';

export interface OperatorOptions {
  readonly api: KubeApi;
  readonly access: KubeAccess;
  readonly config: Config;
  readonly planner: Planner;
  readonly log: Logger;
}

export interface Operator {
  /** Of /livez, /readyz and /metrics. */
  readonly port: number;
  /** Takes no new work, waits for what is under way, closes all. */
  stop(): Promise<void>;
}

/** Reconciliations side by side: they wait for the API server most of the time. */
const workers = 8;
/** One that takes so long hangs: every request in it has a shorter bound. */
const stuckMs = 5 * 60_000;

/** Short and stable: names ConfigMaps and marks versions. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 10);

/** Resolves when its server listens; it is ready (`/readyz`) once every first list is complete. */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { log, config } = options;
  const queue = workQueue(realTimers);
  const metrics = createMetrics(() => queue.depth);
  const notes = createNotes(metrics, log);
  const enqueue = (key: Key): void => queue.add(keyText(key));
  const reports = createReportsSeen(enqueue);
  const samples = createSamplesSeen(enqueue);
  const cluster = startCluster({
    api: options.api,
    namespaces: config.watchNamespaces,
    onChange: (change) => react(change),
    onError: notes.watchFailed,
  });
  const tokenKeys = startTokenKeys({
    api: options.api,
    onChanged: () => {
      for (const { metadata } of cluster.functions.all()) enqueue(functionKey(metadata.namespace, metadata.name));
    },
    onError: notes.keysUnread,
  });
  const desired = createDesired({
    enqueue,
    running: (object) => runningNow(cluster, object),
    onChange: notes.decided,
  });
  const writer = createKubeWriter(options.access, options.api.url);
  const events = createEventRecorder({
    writer,
    instance: config.instance,
    nowMs: Date.now,
    onOutcome: notes.eventTold,
  });
  const { nowMs } = realTimers;
  const applier = createApplier({ writer, children: cluster.children, nowMs, onWrite: notes.applied });
  const reporter = createReporter(writer, notes.reported);
  const shared = { cluster, tokenKeys, desired, reports, samples, reporter, applier, writer, events };
  let scaling: Scaling | undefined;
  const react = (change: Change): void => {
    for (const key of affectedBy(change, cluster)) enqueue(key);
    scaling?.changed(change);
    if (change.what !== 'deleted') return;
    const { namespace, name, uid } = change.object.metadata;
    applier.forget({ kind: change.kind, namespace, name });
    for (const room of [desired, reports, samples, reporter]) room.forget(uid);
  };

  let controller: Controller | undefined;
  let isStopping = false;
  const stops: (() => void)[] = [() => cluster.stop(), () => tokenKeys.stop()];
  const begin = (): void => {
    // Not before all is known: else a function that was not listed yet would be taken for a missing one.
    if (isStopping) return;
    notes.synced(cluster.functions.all().length, cluster.bindings.all().length);
    scaling = startScaling({ cluster, desired, reports, samples, hash: shortHash, nowMs: Date.now });
    const polls = startInvokerReports({ ...cluster, seen: reports, nowMs: Date.now, onPolled: notes.polled });
    const reconcile = createReconciler({
      ...shared,
      planner: options.planner,
      nowMs: Date.now,
      startedMs: Date.now(),
      onRemoved: notes.removed,
    });
    const onFinished = notes.finished;
    controller = startController({ queue, workers, nowMs, onFinished, reconcile: (text) => reconcile(parseKey(text)) });
    stops.push(() => scaling?.stop(), polls.stop);
  };
  void Promise.all([cluster.synced, tokenKeys.known]).then(begin);

  const server = await startServer({
    port: config.port,
    metrics: metrics.text,
    ready: () => (controller === undefined ? 'the first lists from the API server are not complete' : undefined),
    live: () => stuck(controller?.busySinceMs, nowMs()),
  });
  return {
    port: server.port,
    async stop() {
      isStopping = true;
      for (const stop of stops) stop();
      await controller?.stop();
      await events.idle;
      await server.close();
    },
  };
}

function stuck(busySinceMs: number | undefined, nowMs: number): string | undefined {
  const sinceMs = busySinceMs === undefined ? 0 : nowMs - busySinceMs;
  return sinceMs > stuckMs ? `a reconciliation hangs since ${Math.round(sinceMs / 1000)} s` : undefined;
}
