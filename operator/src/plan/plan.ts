/** What a plan is: objects to apply and to remove, the status to report, Events to tell, and when to look again. */
import type { OwnerReference } from '#api/kubernetes.ts';
import type { EventFunctionStatus, StreamBindingStatus } from '#api/types.gen.ts';

/** A complete object for server-side apply with our field manager. */
export interface ObjectToApply {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly [field: string]: unknown;
}

export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Precondition of the removal: never another object of the same name. */
  readonly uid?: string;
}

/** One `events.k8s.io/v1` Event; planned on changes only, so that no repeat has to be filtered away later. */
export interface PlannedEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  /** What the operator did or found, in CamelCase: the Event's `action`. */
  readonly action: string;
  /** At most 1,024 characters. */
  readonly note: string;
  /** What is planned more often than it happens: of several Events with the same text here only the first is told, also by an operator that starts anew. */
  readonly once?: string;
}

/** Do it in this order: `apply` from first to last, then `remove`, then `status`, then `events`. */
export interface Plan<Status> {
  readonly apply: readonly ObjectToApply[];
  readonly remove: readonly ObjectRef[];
  /** The whole status (conditions included): write it with server-side apply on `/status` when it differs from what stands there. */
  readonly status: Status;
  readonly events: readonly PlannedEvent[];
  /** Look again after so many ms even if nothing changes; null: only when something changes. */
  readonly lookAgainMs: number | null;
}

export type FunctionPlan = Plan<EventFunctionStatus>;
export type BindingPlan = Plan<StreamBindingStatus>;

/** The scout of one namespace: has no resource of its own to report on. */
export interface NamespacePlan {
  readonly apply: readonly ObjectToApply[];
  readonly remove: readonly ObjectRef[];
}
