// sampled → decided → applied: keeps a window per binding, decides for every function of a namespace when samples come, tells the wish.
import { durationMs } from '#api/quantities.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import type { BindingSample } from '#contract/scout.ts';
import {
  type BindingFacts,
  type BindingPolicy,
  type Demand,
  decideFunction,
  demandOf,
  stabilizationMs,
} from './decide.ts';
import * as samples from './samples.ts';
import { type ReportSeen, type Service, unmeasured, withReports } from './service.ts';

export interface ScaleLoopOptions {
  readonly functionsOf: (namespace: string) => readonly EventFunction[];
  readonly bindingsOf: (namespace: string) => readonly StreamBinding[];
  readonly reportsOf: (binding: StreamBinding) => readonly ReportSeen[];
  /** What is wished now (at start: what runs). */
  readonly functionReplicas: (fn: EventFunction) => number;
  readonly invokers: (binding: StreamBinding) => number;
  readonly wishFunction: (fn: EventFunction, replicas: number, reason: string) => void;
  readonly wishInvokers: (binding: StreamBinding, replicas: number, reason: string) => void;
  /** Newest sample of each binding, for status and checks. */
  readonly onSample: (binding: StreamBinding, sample: BindingSample) => void;
  readonly now: () => number;
}

export interface ScaleLoop {
  sampled(namespace: string, samples: readonly BindingSample[]): void;
  /** Decide anew without a sample: a spec changed, a function appeared. */
  decide(namespace: string): void;
  /** Bindings and functions that are gone need no memory. */
  forget(uids: ReadonlySet<string>): void;
}

export function createScaleLoop(options: ScaleLoopOptions): ScaleLoop {
  const windows = new Map<string, samples.SampleWindow>();
  const services = new Map<string, Service>();
  const recommended = new Map<string, { atMs: number; replicas: number }[]>();

  function observe(binding: StreamBinding): {
    window: samples.SampleWindow;
    service: Service;
    blocked: ReadonlySet<number>;
  } {
    const uid = binding.metadata.uid ?? '';
    const reports = options.reportsOf(binding);
    const blocked = new Set(reports.flatMap((r) => r.report.blocked.map((b) => b.partition)));
    let window = windows.get(uid) ?? samples.emptyWindow;
    if (reports.some((r) => r.report.openCalls > 0 || r.report.waitingRetries > 0))
      window = samples.withActivity(window, options.now());
    const service = withReports(services.get(uid) ?? unmeasured, reports, samples.work(window, blocked) > 0);
    windows.set(uid, window);
    services.set(uid, service);
    return { window, service, blocked };
  }

  function demand(binding: StreamBinding, fn: EventFunction): Demand {
    const { window, service, blocked } = observe(binding);
    return demandOf(
      policyOf(binding),
      factsOf(window, service, blocked, options.invokers(binding), options.now()),
      fn.spec.concurrency,
    );
  }

  function decideOne(fn: EventFunction, bindings: readonly StreamBinding[]): void {
    const nowMs = options.now();
    const demands = bindings.map((binding) => ({ binding, demand: demand(binding, fn) }));
    const uid = fn.metadata.uid ?? '';
    const past = (recommended.get(uid) ?? []).filter((r) => r.atMs > nowMs - stabilizationMs);
    const policy = { ...fn.spec.scaling, concurrency: fn.spec.concurrency };
    const decision = decideFunction(
      policy,
      { current: options.functionReplicas(fn), recommended: past },
      demands.map((d) => d.demand),
      nowMs,
    );
    recommended.set(uid, [...past, { atMs: nowMs, replicas: decision.recommended }]);
    options.wishFunction(fn, decision.replicas, decision.because);
    for (const { binding, demand } of demands) {
      if (demand.kind !== 'hold')
        options.wishInvokers(binding, demand.invokers, `${demand.because} → ${demand.invokers}`);
    }
  }

  function decide(namespace: string): void {
    const bindings = options.bindingsOf(namespace).filter((b) => b.metadata.deletionTimestamp === undefined);
    for (const fn of options.functionsOf(namespace)) {
      if (fn.metadata.deletionTimestamp !== undefined) continue;
      decideOne(
        fn,
        bindings.filter((b) => b.spec.functionRef.name === fn.metadata.name),
      );
    }
  }

  return {
    decide,
    sampled(namespace, newest) {
      const bindings = new Map(options.bindingsOf(namespace).map((b) => [b.metadata.uid ?? '', b]));
      for (const sample of newest) {
        const binding = bindings.get(sample.uid);
        if (binding === undefined) continue;
        windows.set(sample.uid, samples.withSample(windows.get(sample.uid) ?? samples.emptyWindow, sample));
        options.onSample(binding, sample);
      }
      decide(namespace);
    },
    forget(uids) {
      for (const uid of uids) {
        windows.delete(uid);
        services.delete(uid);
        recommended.delete(uid);
      }
    },
  };
}

function policyOf({ metadata, spec }: StreamBinding): BindingPolicy {
  const { target } = spec.scaling;
  return {
    name: metadata.name ?? '',
    suspended: spec.suspend,
    target:
      target.delay === undefined
        ? { kind: 'Lag', records: target.lag ?? 1000 }
        : { kind: 'Delay', ms: durationMs(target.delay) },
    minInvokers: spec.scaling.minInvokers,
    maxInvokers: spec.scaling.maxInvokers,
    idleTimeoutMs: durationMs(spec.scaling.idleTimeout),
  };
}

function factsOf(
  window: samples.SampleWindow,
  service: Service,
  blocked: ReadonlySet<number>,
  invokers: number,
  nowMs: number,
): BindingFacts {
  return {
    known: window.points.length > 0 && window.misses === 0,
    work: samples.work(window, blocked),
    busyPartitions: samples.busyPartitions(window, blocked),
    partitions: samples.partitionCount(window),
    arrival: samples.arrivalPerSecond(window),
    done: samples.donePerSecond(window),
    idleMs: window.lastActiveMs === null ? null : nowMs - window.lastActiveMs,
    serviceTimeMs: service.serviceTimeMs,
    recordsPerCall: service.recordsPerCall,
    invokerCapacity: service.invokerCapacity,
    invokers,
  };
}
