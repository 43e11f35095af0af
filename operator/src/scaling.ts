/** Wires the scale room: samples and reports in, desired replicas out; every namespace's scout is told its bindings. */

import type { Pod } from '#api/kubernetes.ts';
import { labels } from '#api/names.ts';
import type { EventFunction } from '#api/types.gen.ts';
import { scoutPort } from '#contract/scout.ts';
import type { Change, Cluster } from './reconcile/cluster.ts';
import type { Desired } from './reconcile/desired.ts';
import type { ReportsSeen } from './reconcile/reports-seen.ts';
import type { SamplesSeen } from './reconcile/samples-seen.ts';
import { createScaleLoop } from './scale/scale-loop.ts';
import { scoutDocument } from './scale/scout-document.ts';
import { createScouts } from './scale/scouts.ts';

export interface ScalingOptions {
  readonly cluster: Cluster;
  readonly desired: Desired;
  readonly reports: ReportsSeen;
  readonly samples: SamplesSeen;
  readonly hash: (text: string) => string;
  /** Unix ms. */
  readonly nowMs: () => number;
}

export interface Scaling {
  changed(change: Change): void;
  stop(): void;
}

/** Changes that come together are told together. */
const gatherMs = 50;

export function startScaling(options: ScalingOptions): Scaling {
  const { cluster, desired } = options;
  const loop = createScaleLoop({
    functionsOf: (namespace) => cluster.functions.in(namespace),
    bindingsOf: (namespace) => cluster.bindings.in(namespace),
    reportsOf: (binding) => [...options.reports.of(binding.metadata.uid).values()],
    functionReplicas: (fn) => desired.replicas(fn),
    invokers: (binding) => desired.replicas(binding),
    readyPods: (fn) => cluster.pods.in(fn.metadata.namespace).filter((pod) => isReadyPodOf(fn, pod)).length,
    wishFunction: (fn, wish) => desired.wish(fn, wish),
    wishInvokers: (binding, wish) => desired.wish(binding, wish),
    onSample: (binding, sample) => options.samples.put(binding, sample),
    now: options.nowMs,
  });
  const scouts = createScouts({
    urlOf: (namespace) => scoutUrl(cluster.pods.in(namespace)),
    onSamples: (namespace, samples) => loop.sampled(namespace, samples),
    now: options.nowMs,
  });
  const stale = new Map<string, NodeJS.Timeout>();
  const refresh = (namespace: string): void => {
    stale.delete(namespace);
    const document = scoutDocument(cluster.bindings.in(namespace), options.hash);
    scouts.watch(namespace, document.bindings.length === 0 ? null : document);
    loop.decide(namespace);
  };
  const touch = (namespace: string): void => {
    if (stale.has(namespace)) return;
    stale.set(
      namespace,
      setTimeout(() => refresh(namespace), gatherMs),
    );
  };
  for (const namespace of [...cluster.bindings.namespaces(), ...cluster.functions.namespaces()]) touch(namespace);
  return {
    changed({ kind, what, object: { metadata } }) {
      if (kind !== 'EventFunction' && kind !== 'StreamBinding') return;
      if (what === 'deleted') loop.forget(new Set([metadata.uid]));
      touch(metadata.namespace);
    },
    stop() {
      for (const timer of stale.values()) clearTimeout(timer);
      scouts.stop();
    },
  };
}

const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');

const isReadyPodOf = (fn: EventFunction, pod: Pod): boolean =>
  pod.metadata.labels?.[labels.component] === 'function' &&
  pod.metadata.labels[labels.function] === fn.metadata.name &&
  isReady(pod);

/** Straight to the newest ready pod: no name to resolve, and a scout that is being replaced is not asked. */
function scoutUrl(pods: readonly Pod[]): string | null {
  const ready = pods.filter(
    (pod) => pod.metadata.labels?.[labels.component] === 'scout' && pod.status?.podIP !== undefined && isReady(pod),
  );
  const born = ({ metadata }: Pod): string => metadata.creationTimestamp ?? '';
  const newest = ready.sort((a, b) => (born(a) < born(b) ? 1 : -1))[0]?.status?.podIP;
  if (newest === undefined) return null;
  return `http://${newest.includes(':') ? `[${newest}]` : newest}:${scoutPort}`;
}
