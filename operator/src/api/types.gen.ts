/** The custom resources as the API server hands them out, defaults filled in. Generated from crds/*.yaml by crds/generate.ts: do not edit. */
import type { Condition, ObjectMeta } from './kubernetes.ts';

export interface EventFunction {
  readonly apiVersion: 'headrace.dev/v1alpha1';
  readonly kind: 'EventFunction';
  readonly metadata: ObjectMeta;
  readonly spec: EventFunctionSpec;
  readonly status?: EventFunctionStatus;
}
export interface EventFunctionSpec {
  readonly runtime: 'node26';
  readonly code: { readonly inline?: string; readonly configMapRef?: { readonly name: string } };
  readonly handler: string;
  readonly signature: 'Auto' | 'Event' | 'Batch';
  readonly concurrency: number;
  readonly timeout: string;
  readonly scaling: { readonly minReplicas: number; readonly maxReplicas: number };
}
export interface EventFunctionStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly desiredReplicas?: number;
  readonly revision?: string;
  readonly url?: string;
  readonly conditions?: readonly Condition[];
}
export interface StreamBinding {
  readonly apiVersion: 'headrace.dev/v1alpha1';
  readonly kind: 'StreamBinding';
  readonly metadata: ObjectMeta;
  readonly spec: StreamBindingSpec;
  readonly status?: StreamBindingStatus;
}
export interface StreamBindingSpec {
  readonly functionRef: { readonly name: string };
  readonly kafka: { readonly bootstrapServers: readonly string[] };
  readonly source: {
    readonly topic: string;
    readonly consumerGroup?: string;
    readonly initialOffset: 'Earliest' | 'Latest' | 'Timestamp';
    readonly initialTimestamp?: string;
    readonly onOffsetOutOfRange: 'Earliest' | 'Stop';
    readonly format: 'Auto' | 'CloudEvent' | 'Json' | 'Bytes';
  };
  readonly ordering: 'Partition';
  readonly batch: { readonly maxRecords: number; readonly maxBytes: string | number; readonly maxWait: string };
  readonly flow: {
    readonly maxBufferedBytes: string | number;
    readonly maxResponseBytes: string | number;
    readonly drainTimeout: string;
  };
  readonly delivery: {
    readonly retry: {
      readonly maxAttempts: number;
      readonly initialBackoff: string;
      readonly maxBackoff: string;
      readonly maxAge: string;
    };
    readonly onExhausted?: 'DeadLetter' | 'Block' | 'Drop';
    readonly deadLetter?: { readonly topic: string };
  };
  readonly output?: {
    readonly topic: string;
    readonly key: 'Source' | 'Event';
    readonly contentMode: 'Binary' | 'Structured';
    readonly routes?: readonly { readonly type: string; readonly topic: string }[];
  };
  readonly scaling: {
    readonly target: { readonly lag?: number; readonly delay?: string };
    readonly minInvokers: number;
    readonly maxInvokers: number;
    readonly idleTimeout: string;
  };
  readonly suspend: boolean;
}
export interface StreamBindingStatus {
  readonly observedGeneration?: number;
  readonly partitions?: number;
  readonly invokers?: number;
  readonly lag?: number;
  readonly consumerGroup?: string;
  /** Set once initial positions are committed. */
  readonly topicId?: string;
  readonly placements?: readonly { readonly invoker: string; readonly partitions: string }[];
  readonly conditions?: readonly Condition[];
}
