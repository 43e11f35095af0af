/** observe → plan → apply → report, once for functions, bindings and the scouts of namespaces. */
import { say } from '#api/conditions.ts';
import type { EventFunction, EventFunctionStatus, StreamBinding, StreamBindingStatus } from '#api/types.gen.ts';
import type { EventRecorder, EventToTell } from '../clients/event-recorder.ts';
import type { KubeWriter } from '../clients/kube.ts';
import type { KubeFailure } from '../clients/kube-failure.ts';
import type { Outcome } from '../loop/controller.ts';
import type { BindingObserved, FunctionObserved, NamespaceObserved } from '../plan/observed.ts';
import type { BindingPlan, FunctionPlan, NamespacePlan, ObjectRef, Plan } from '../plan/plan.ts';
import type { Applier, ApplyFailure } from './apply.ts';
import { cacheLagMs } from './apply-decision.ts';
import { whileChanging } from './changing.ts';
import type { Key } from './keys.ts';
import { type BindingSources, observeBinding } from './observe-binding.ts';
import { observeFunction } from './observe-function.ts';
import { observeNamespace } from './observe-namespace.ts';
import { prune } from './prune.ts';
import { withRefusal } from './refused.ts';
import type { Reporter } from './report.ts';
import type { TokenKeys } from './token-keys.ts';
import { isWarm, warmUpLookMs } from './warm-up.ts';

/** The pure rooms, with their settings filled in. */
export interface Planner {
  function(observed: FunctionObserved): FunctionPlan;
  binding(observed: BindingObserved): BindingPlan;
  namespace(observed: NamespaceObserved): NamespacePlan;
}

export interface ReconcilerOptions extends BindingSources {
  readonly planner: Planner;
  readonly writer: Pick<KubeWriter, 'remove'>;
  readonly applier: Applier;
  readonly reporter: Reporter;
  readonly events: Pick<EventRecorder, 'tell'>;
  readonly tokenKeys: Pick<TokenKeys, 'newest'>;
  /** Unix ms. */
  readonly nowMs: () => number;
  /** When reconciling began, Unix ms. */
  readonly startedMs: number;
  readonly onRemoved: (ref: ObjectRef, outcome: string) => void;
}

/** How soon to look again for a ConfigMap whose first list is on its way; its arrival enqueues the function anyway. */
const sourcePendingMs = 500;

export function createReconciler(options: ReconcilerOptions): (key: Key) => Promise<Outcome> {
  return (key) => {
    switch (key.kind) {
      case 'function':
        return reconcileFunction(options, key.namespace, key.name);
      case 'binding':
        return reconcileBinding(options, key.namespace, key.name);
      case 'scout':
        return reconcileScout(options, key.namespace);
    }
  };
}

async function reconcileFunction(options: ReconcilerOptions, namespace: string, name: string): Promise<Outcome> {
  const known = options.cluster.functions.get(namespace, name);
  wantSources(options, namespace);
  if (known === undefined || known.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
  const fn = options.reporter.latest(known);
  const observed = observeFunction(options.cluster, options.desired, options.tokenKeys.newest(), fn, options.nowMs());
  if (observed === undefined) return { kind: 'again', afterMs: sourcePendingMs };
  return carryOut(options, fn, options.planner.function(observed));
}

async function reconcileBinding(options: ReconcilerOptions, namespace: string, name: string): Promise<Outcome> {
  const known = options.cluster.bindings.get(namespace, name);
  if (known === undefined || known.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
  const binding = options.reporter.latest(known);
  const observed = observeBinding(options, binding, options.nowMs());
  if (!isWarm(observed, options.nowMs() - options.startedMs)) return { kind: 'again', afterMs: warmUpLookMs };
  return carryOut(options, binding, options.planner.binding(observed));
}

async function reconcileScout(options: ReconcilerOptions, namespace: string): Promise<Outcome> {
  const plan = options.planner.namespace(observeNamespace(options.cluster, namespace));
  const applied = await options.applier.applyAll(plan.apply);
  if (applied.kind === 'failed') return failed(applied.at.failure, describe(applied.at));
  const failure = await prune(options, plan.remove);
  for (const ref of plan.remove) options.applier.forget(ref);
  if (failure !== undefined) return failed(failure, `remove: ${failure.message}`);
  return applied.waitMs === null ? { kind: 'done' } : { kind: 'again', afterMs: applied.waitMs };
}

/** Exactly the ConfigMaps that functions of this namespace name are watched. */
function wantSources({ cluster }: ReconcilerOptions, namespace: string): void {
  const names = cluster.functions.in(namespace).flatMap(({ spec }) => spec.code?.configMapRef?.name ?? []);
  cluster.sources.want(namespace, new Set(names));
}

async function carryOut(
  options: ReconcilerOptions,
  object: EventFunction | StreamBinding,
  plan: Plan<EventFunctionStatus | StreamBindingStatus>,
): Promise<Outcome> {
  const applied = await options.applier.applyAll(plan.apply);
  // Nothing is taken away while what shall replace it is not there.
  const removal = applied.kind === 'failed' ? undefined : await prune(options, plan.remove);
  if (applied.kind !== 'failed') for (const ref of plan.remove) options.applier.forget(ref);
  const refusal = applied.kind === 'failed' && isRefusal(applied.at) ? describe(applied.at) : undefined;
  const changing = applied.kind === 'applied' ? applied.changing?.kind : undefined;
  const status = statusOf(object, plan.status, { refusal, changing, nowMs: options.nowMs() });
  const reported = await options.reporter.report(object, status);
  switch (reported.kind) {
    case 'gone':
      return { kind: 'done' };
    case 'failed':
      return failed(reported, `status: ${reported.message}`);
    case 'written':
      if (refusal !== undefined) options.events.tell(subjectOf(object), refused(refusal));
      break;
    case 'unchanged':
      break;
  }
  for (const event of plan.events) options.events.tell(subjectOf(object), event);
  if (applied.kind === 'failed') return failed(applied.at.failure, describe(applied.at));
  if (removal !== undefined) return failed(removal, `remove: ${removal.message}`);
  return again(plan.lookAgainMs, applied.waitMs, changing === undefined ? null : cacheLagMs);
}

function again(...waits: readonly (number | null)[]): Outcome {
  const due = waits.filter((ms) => ms !== null);
  return due.length === 0 ? { kind: 'done' } : { kind: 'again', afterMs: Math.min(...due) };
}

/** What cannot heal here is no failure: a namespace that is going away takes its objects along. */
function failed(failure: KubeFailure, message: string): Outcome {
  return failure.code === 'NamespaceTerminating' ? { kind: 'done' } : { kind: 'failed', message };
}

const describe = ({ object, failure }: ApplyFailure): string =>
  `${object.kind} ${object.metadata.name}: ${failure.code}: ${failure.message}`;

/** A refusal (quota, policy, a bad pod field) is the user's to know; a server that is away is not. */
const isRefusal = ({ failure }: ApplyFailure): boolean =>
  !failure.retriable && failure.code !== 'NamespaceTerminating' && failure.code !== 'Conflict';

interface Applying {
  /** In words; undefined: nothing is refused. */
  readonly refusal: string | undefined;
  /** The kind of the workload whose change the caches do not show yet. */
  readonly changing: string | undefined;
  readonly nowMs: number;
}

function statusOf(
  object: EventFunction | StreamBinding,
  status: EventFunctionStatus | StreamBindingStatus,
  { refusal, changing, nowMs }: Applying,
): EventFunctionStatus | StreamBindingStatus {
  const {
    metadata: { generation = 0 },
    status: { conditions } = {},
  } = object;
  if (refusal !== undefined) return withRefusal(status, conditions, { message: refusal, generation, nowMs });
  if (changing !== undefined) return whileChanging(status, conditions, { kind: changing, generation, nowMs });
  return status;
}

const refused = (refusal: string): EventToTell => ({
  type: 'Warning',
  reason: 'ChildRefused',
  action: 'Apply',
  note: say(refusal, 'ChildRefused'),
});

const subjectOf = ({ apiVersion, kind, metadata: { namespace, name, uid } }: EventFunction | StreamBinding) => ({
  apiVersion,
  kind,
  namespace,
  name,
  uid,
});
