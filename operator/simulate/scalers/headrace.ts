// The real decision of the operator, fed from the virtual world as the scout and the invokers would feed it.
import type { PartitionSample } from '#contract/scout.ts';
import { type BindingPolicy, decideFunction, demandOf, stabilizationMs } from '../../src/scale/decide.ts';
import * as samples from '../../src/scale/samples.ts';
import type { World } from '../world.ts';
import type { Scaler } from './scaler.ts';

export interface HeadraceOptions {
  readonly name: string;
  readonly target: BindingPolicy['target'];
  readonly idleTimeoutMs: number;
}

export function headrace(options: HeadraceOptions): Scaler {
  let window = samples.emptyWindow;
  let recommended: { atMs: number; replicas: number }[] = [];
  let measured = { calls: 0, busyMs: 0, done: 0 };
  let service: { serviceTimeMs: number | null; recordsPerCall: number | null } = {
    serviceTimeMs: null,
    recordsPerCall: null,
  };
  const policy: BindingPolicy = {
    name: 'b',
    suspended: false,
    target: options.target,
    minInvokers: 0,
    maxInvokers: 1,
    idleTimeoutMs: options.idleTimeoutMs,
  };

  function measure(world: World): void {
    if (world.nowMs % 5_000 !== 0) return;
    const done = world.lanes.reduce((sum, l) => sum + l.done, 0);
    const calls = world.calls - measured.calls;
    if (calls > 0)
      service = {
        serviceTimeMs: (world.busyMs - measured.busyMs) / calls,
        recordsPerCall: Math.max(1, (done - measured.done) / calls),
      };
    measured = { calls: world.calls, busyMs: world.busyMs, done };
  }

  return {
    name: options.name,
    // Function pods are no consumers: the invokers keep their partitions while pods come and go.
    group: { podsAreMembers: false, rebalanceMs: 0 },
    act(world) {
      if (world.nowMs % 1000 !== 0) return;
      const partitions: PartitionSample[] = world.lanes.map((l, partition) => ({
        partition,
        logStart: 0,
        logEnd: l.produced,
        committed: l.done,
        lag: l.produced - l.done,
      }));
      const blocked = new Set(
        world.lanes.flatMap((l, partition) => (world.isBlocked(partition) && l.produced > l.done ? [partition] : [])),
      );
      window = samples.withSample(window, {
        uid: 'b',
        atMs: world.nowMs,
        outcome: { kind: 'sampled', topicId: 't', positioned: true, partitions, delayMs: null },
      });
      measure(world);
      const work = samples.work(window, blocked);
      const facts = {
        known: true,
        work,
        busyPartitions: samples.busyPartitions(window, blocked),
        partitions: partitions.length,
        arrival: samples.arrivalPerSecond(window),
        done: samples.donePerSecond(window),
        idleMs: window.lastActiveMs === null ? null : world.nowMs - window.lastActiveMs,
        ...service,
        invokers: work > 0 || world.replicas > 0 ? 1 : 0,
        invokerCapacity: null,
      };
      const function_ = { minReplicas: 0, maxReplicas: world.shape.maxReplicas, concurrency: 1 };
      recommended = recommended.filter((r) => r.atMs > world.nowMs - stabilizationMs);
      const decision = decideFunction(
        function_,
        { current: world.replicas, recommended },
        [demandOf(policy, facts, 1)],
        world.nowMs,
      );
      recommended.push({ atMs: world.nowMs, replicas: decision.recommended });
      world.setReplicas(decision.replicas);
    },
  };
}
