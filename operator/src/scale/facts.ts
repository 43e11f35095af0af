// From specs, windows of samples and what invokers measured to what is decided on. Pure.
import { recordsMaxOf } from '#api/batch-size.ts';
import { durationMs } from '#api/quantities.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import type { Behavior, ScalingRules } from './behavior.ts';
import type { BindingFacts, BindingPolicy, FunctionPolicy } from './decide.ts';
import { assumedCapacity } from './invokers.ts';
import * as samples from './samples.ts';
import type { Service } from './service.ts';

export function bindingPolicy({ metadata, spec }: StreamBinding): BindingPolicy {
  const { target } = spec.scaling;
  return {
    name: metadata.name,
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

export function functionPolicy({ spec }: EventFunction): FunctionPolicy {
  const { minReplicas, maxReplicas, behavior } = spec.scaling;
  return { minReplicas, maxReplicas, concurrency: spec.concurrency, behavior: behaviorOf(behavior) };
}

type SpecBehavior = EventFunction['spec']['scaling']['behavior'];

const behaviorOf = ({ scaleUp, scaleDown }: SpecBehavior): Behavior => ({
  scaleUp: rulesOf(scaleUp),
  scaleDown: rulesOf(scaleDown),
});

const rulesOf = (rules: SpecBehavior['scaleUp']): ScalingRules => ({
  stabilizationWindowMs: rules.stabilizationWindowSeconds * 1000,
  selectPolicy: rules.selectPolicy,
  policies: (rules.policies ?? []).map(({ type, value, periodSeconds }) => ({
    type,
    value,
    periodMs: periodSeconds * 1000,
  })),
});

/** What was seen of one binding. */
export interface Observed {
  readonly window: samples.SampleWindow;
  readonly service: Service;
  /** Partitions that a poison record holds. */
  readonly blocked: ReadonlySet<number>;
  readonly invokers: number;
}

export function bindingFacts(
  binding: StreamBinding,
  fn: EventFunction,
  { window, service, blocked, invokers }: Observed,
  nowMs: number,
): BindingFacts {
  return {
    known: window.points.length > 0 && window.misses === 0,
    work: samples.work(window, blocked),
    loads: samples.partitionLoads(window, blocked),
    partitions: samples.partitionCount(window),
    arrival: samples.arrivalPerSecond(window, blocked),
    done: samples.donePerSecond(window),
    delayMs: samples.delayMs(window),
    idleMs: window.lastActiveMs === null ? null : nowMs - window.lastActiveMs,
    cost: service.cost === null ? null : { ...service.cost, recordsMax: recordsMaxOf(binding, fn) },
    invokers,
  };
}

/** Records per second that one invoker can move: its limit where that was met, else no less than it was seen to move. */
export const invokerCapacity = ({ limit, moved }: Service): number => limit ?? Math.max(assumedCapacity, moved ?? 0);
