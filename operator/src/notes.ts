/** What the operator says about its own work: one line in the log where it matters, one count in the metrics. */
import type { Logger } from 'pino';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import type { Finished } from './loop/controller.ts';
import type { Metrics } from './loop/metrics.ts';
import type { ReplicaDecision } from './plan/observed.ts';
import type { ObjectRef, ObjectToApply } from './plan/plan.ts';
import { parseKey } from './reconcile/keys.ts';

export type Notes = ReturnType<typeof createNotes>;

interface Named {
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string };
}

const nameOf = ({ kind, metadata: { namespace, name } }: Named) => ({ kind, namespace, name });

export function createNotes(metrics: Metrics, log: Logger) {
  return {
    synced(functions: number, bindings: number): void {
      log.info({ functions, bindings }, 'caches are complete, reconciling');
    },
    watchFailed(kind: string, error: Error): void {
      metrics.watchFailed(kind);
      log.warn({ kind, err: error.message }, 'a list or watch failed and is tried again');
    },
    keysUnread(error: Error): void {
      const next = 'see that the operator may get the path /openid/v1/jwks, as its chart grants';
      log.warn(
        { err: error.message, next },
        'the keys of the cluster for tokens could not be read, which is tried again',
      );
    },
    decided(object: EventFunction | StreamBinding, from: number, { replicas, reason }: ReplicaDecision): void {
      metrics.decided(object.kind === 'EventFunction' ? 'function' : 'binding', replicas > from ? 'up' : 'down');
      log.info({ ...nameOf(object), from, to: replicas, reason }, 'replicas decided');
    },
    eventTold(outcome: 'sent' | 'dropped' | 'failed', message?: string): void {
      if (outcome === 'dropped') metrics.eventDropped();
      else metrics.wrote('event', 'Event', outcome === 'sent' ? 'ok' : 'failed');
      if (outcome === 'failed') log.warn({ err: message }, 'an Event could not be told');
    },
    applied(object: ObjectToApply, why: string, outcome: string): void {
      metrics.wrote('apply', object.kind, outcome);
      log[outcome === 'ok' ? 'debug' : 'warn']({ ...nameOf(object), why, outcome }, 'applied');
    },
    reported(object: Named, outcome: string): void {
      metrics.wrote('status', object.kind, outcome);
      log.debug({ ...nameOf(object), outcome }, 'status written');
    },
    removed({ kind, namespace, name }: ObjectRef, outcome: string): void {
      metrics.wrote('remove', kind, outcome);
      log.debug({ kind, namespace, name, outcome }, 'removed');
    },
    polled(
      outcome: 'ok' | 'failed',
      pod: { readonly metadata: { readonly namespace: string; readonly name: string } },
      why?: string,
    ): void {
      metrics.polledInvoker(outcome);
      const { namespace, name } = pod.metadata;
      if (outcome === 'failed') log.debug({ namespace, pod: name, why }, 'an invoker did not report');
    },
    finished({ key, outcome, durationMs, retryMs, thrown }: Finished): void {
      metrics.reconciled(parseKey(key).kind, outcome.kind, durationMs);
      if (thrown !== undefined) log.error({ key, err: thrown, retryMs }, 'a reconciliation threw: this is a bug');
      else if (outcome.kind === 'failed') log.warn({ key, retryMs, message: outcome.message }, 'not all could be done');
    },
  };
}
