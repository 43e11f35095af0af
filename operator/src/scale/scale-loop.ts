// sampled → decided → applied: keeps a window per binding, decides for every function of a namespace when samples come, tells the wish.
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import type { BindingSample } from '#contract/scout.ts';
import { noPast, type Past } from './behavior.ts';
import { type BindingFacts, type Demand, decideFunction, demandOf } from './decide.ts';
import { bindingFacts, bindingPolicy, functionPolicy, invokerCapacity, type Observed } from './facts.ts';
import { decideInvokers, type InvokerPast, noInvokerPast } from './invokers.ts';
import { noProgress, notFalling, type Progress, usefulPods, withDecision } from './progress.ts';
import * as samples from './samples.ts';
import { type ReportSeen, type Service, unmeasured, withReports } from './service.ts';

/** What shall run, and why in words. */
export interface Wish {
  readonly replicas: number;
  readonly reason: string;
  /** Of a binding: what was tried against a lag that does not fall. */
  readonly lagNotFalling?: string;
}

export interface ScaleLoopOptions {
  readonly functionsOf: (namespace: string) => readonly EventFunction[];
  readonly bindingsOf: (namespace: string) => readonly StreamBinding[];
  readonly reportsOf: (binding: StreamBinding) => readonly ReportSeen[];
  /** What is wished now (at start: what runs). */
  readonly functionReplicas: (fn: EventFunction) => number;
  /** Pods of the function that take calls. */
  readonly readyPods: (fn: EventFunction) => number;
  readonly invokers: (binding: StreamBinding) => number;
  readonly wishFunction: (fn: EventFunction, wish: Wish) => void;
  readonly wishInvokers: (binding: StreamBinding, wish: Wish) => void;
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

interface BindingMemory {
  window: samples.SampleWindow;
  service: Service;
  invokers: InvokerPast;
}

interface FunctionMemory {
  past: Past;
  progress: Progress;
}

/** A binding as it is judged in one decision. */
interface Judged {
  readonly binding: StreamBinding;
  readonly service: Service;
  readonly facts: BindingFacts;
  readonly demand: Demand;
}

export function createScaleLoop(options: ScaleLoopOptions): ScaleLoop {
  const bindings = new Map<string, BindingMemory>();
  const functions = new Map<string, FunctionMemory>();

  function memoryOf({ metadata: { uid } }: StreamBinding): BindingMemory {
    const known = bindings.get(uid) ?? { window: samples.emptyWindow, service: unmeasured, invokers: noInvokerPast };
    bindings.set(uid, known);
    return known;
  }

  function observe(binding: StreamBinding, fn: EventFunction): Observed {
    const memory = memoryOf(binding);
    const reports = options.reportsOf(binding);
    const blocked = new Set(reports.flatMap((r) => r.report.blocked.map((b) => b.partition)));
    if (reports.some((r) => r.report.openCalls > 0 || r.report.waitingRetries > 0))
      memory.window = samples.withActivity(memory.window, options.now());
    const busy = samples.partitionLoads(memory.window, blocked).filter((load) => load.work > 0).length;
    memory.service = withReports(memory.service, reports, {
      loaded: busy > 0,
      callsMax: Math.min(busy, options.readyPods(fn) * fn.spec.concurrency) / Math.max(1, reports.length),
    });
    return { window: memory.window, service: memory.service, blocked, invokers: options.invokers(binding) };
  }

  function judge(binding: StreamBinding, fn: EventFunction): Judged {
    const observed = observe(binding, fn);
    const facts = bindingFacts(binding, fn, observed, options.now());
    return { binding, service: observed.service, facts, demand: demandOf(bindingPolicy(binding), facts) };
  }

  function decideOne(fn: EventFunction, mine: readonly StreamBinding[]): void {
    const nowMs = options.now();
    const judged = mine.map((binding) => judge(binding, fn));
    const current = options.functionReplicas(fn);
    const memory = functions.get(fn.metadata.uid) ?? { past: begun(current, nowMs), progress: noProgress };
    const demands = judged.map((j) => j.demand);
    const useful = usefulPods(memory.progress);
    const decision = decideFunction(functionPolicy(fn), current, memory.past, demands, nowMs, useful);
    const sum = (of: (facts: BindingFacts) => number): number => judged.reduce((n, j) => n + of(j.facts), 0);
    const seen = { ready: options.readyPods(fn), work: sum((f) => f.work), done: sum((f) => f.done) };
    const progress = withDecision(
      memory.progress,
      seen,
      { from: current, to: decision.replicas, most: decision.most },
      nowMs,
    );
    functions.set(fn.metadata.uid, { past: decision.past, progress });
    options.wishFunction(fn, { replicas: decision.replicas, reason: decision.because });
    for (const one of judged) wishInvokers(one, notFalling(progress), nowMs);
  }

  function wishInvokers({ binding, service, facts, demand }: Judged, tried: string | null, nowMs: number): void {
    if (demand.kind === 'hold') return;
    const memory = memoryOf(binding);
    const known = { ...facts, idle: demand.kind === 'idle', capacity: invokerCapacity(service) };
    const decision = decideInvokers(bindingPolicy(binding), known, memory.invokers, nowMs);
    memory.invokers = decision.past;
    options.wishInvokers(binding, {
      replicas: decision.invokers,
      reason: `${demand.because}; ${decision.because}`,
      ...(tried === null || facts.work === 0 ? {} : { lagNotFalling: tried }),
    });
  }

  function decide(namespace: string): void {
    const all = options.bindingsOf(namespace).filter((b) => b.metadata.deletionTimestamp === undefined);
    for (const fn of options.functionsOf(namespace)) {
      if (fn.metadata.deletionTimestamp !== undefined) continue;
      decideOne(
        fn,
        all.filter((b) => b.spec.functionRef.name === fn.metadata.name),
      );
    }
  }

  return {
    decide,
    sampled(namespace, newest) {
      const known = new Map(options.bindingsOf(namespace).map((b) => [b.metadata.uid, b]));
      for (const sample of newest) {
        const binding = known.get(sample.uid);
        if (binding === undefined) continue;
        const memory = memoryOf(binding);
        memory.window = samples.withSample(memory.window, sample);
        options.onSample(binding, sample);
      }
      decide(namespace);
    },
    forget(uids) {
      for (const uid of uids) {
        bindings.delete(uid);
        functions.delete(uid);
      }
    },
  };
}

/** After a restart what runs counts as wished: the windows begin with it. */
const begun = (current: number, nowMs: number): Past => ({ ...noPast, wishes: [{ atMs: nowMs, replicas: current }] });
