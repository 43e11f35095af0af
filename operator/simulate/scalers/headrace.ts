// The real decision of the operator, fed from the virtual world as the scout and the invokers would feed it.
import type { PartitionSample } from '#contract/scout.ts';
import { defaultBehavior, noPast } from '../../src/scale/behavior.ts';
import { type BindingPolicy, decideFunction, demandOf } from '../../src/scale/decide.ts';
import { noProgress, usefulPods, withDecision } from '../../src/scale/progress.ts';
import * as samples from '../../src/scale/samples.ts';
import { firstMeasureMs, measuredCalls, measureMs, unmeasured } from '../../src/scale/service.ts';
import { batchMax, type World } from '../world.ts';
import { doneOf, lagOf, type Scaler } from './scaler.ts';

export interface HeadraceOptions {
  readonly name: string;
  readonly target: BindingPolicy['target'];
  readonly idleTimeoutMs: number;
}

/** The scout's period. */
const sampleMs = 1_000;
const nobody: ReadonlySet<number> = new Set();

export function headrace(options: HeadraceOptions): Scaler {
  let window = samples.emptyWindow;
  let past = noPast;
  let progress = noProgress;
  let service = unmeasured;
  let counted = { calls: 0, busyMs: 0, done: 0 };
  const policy: BindingPolicy = {
    ...options,
    name: 'b',
    suspended: false,
    minInvokers: 0,
    maxInvokers: 1,
  };

  function sample(world: World): void {
    const partitions: PartitionSample[] = world.lanes.map(({ partition, produced, done }) => ({
      partition,
      logStart: 0,
      logEnd: produced,
      committed: done,
      lag: produced - done,
    }));
    window = samples.withSample(window, {
      uid: 'b',
      atMs: world.nowMs,
      outcome: { kind: 'sampled', topicId: 't', positioned: true, partitions, delayMs: null },
    });
  }

  function measure(world: World): void {
    if (world.nowMs % (service.cost === null ? firstMeasureMs : measureMs) !== 0) return;
    const now = { calls: world.calls, busyMs: world.busyMs, done: doneOf(world) };
    const calls = now.calls - counted.calls;
    service = measuredCalls(service, calls, now.done - counted.done, now.busyMs - counted.busyMs, world.nowMs);
    counted = now;
  }

  function decide(world: World): void {
    const blocked = new Set(
      world.lanes.flatMap((l) => (world.isBlocked(l.partition) && l.produced > l.done ? [l.partition] : [])),
    );
    const facts = {
      known: true,
      work: samples.work(window, blocked),
      loads: samples.partitionLoads(window, blocked),
      partitions: world.lanes.length,
      arrival: samples.arrivalPerSecond(window, blocked),
      done: samples.donePerSecond(window),
      idleMs: window.lastActiveMs === null ? null : world.nowMs - window.lastActiveMs,
      cost: service.cost === null ? null : { ...service.cost, recordsMax: batchMax },
      invokers: world.replicas > 0 ? 1 : 0,
    };
    const current = world.replicas;
    const seen = { ready: world.ready, work: facts.work, done: facts.done };
    const demands = [demandOf(policy, facts)];
    const bounds = { minReplicas: 0, maxReplicas: world.shape.maxReplicas, concurrency: 1, behavior: defaultBehavior };
    const decision = decideFunction(bounds, current, past, demands, world.nowMs, usefulPods(progress));
    past = decision.past;
    progress = withDecision(progress, seen, { from: current, to: decision.replicas, most: decision.most }, world.nowMs);
    world.setReplicas(decision.replicas);
  }

  return {
    name: options.name,
    // Function pods are no consumers: the invokers keep their partitions while pods come and go.
    group: { podsAreMembers: false, rebalanceMs: 0 },
    act(world) {
      measure(world);
      // Asleep the scout's long poll tells of the first record at once, also between two samples.
      const wakes = world.replicas === 0 && lagOf(world) > samples.work(window, nobody);
      if (world.nowMs % sampleMs !== 0 && !wakes) return;
      sample(world);
      decide(world);
    },
  };
}
