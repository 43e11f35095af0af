/** The custom resources as the API server hands them out, defaults filled in. Generated from crds/*.yaml (make generate): do not edit. */
import type { Condition, ObjectMeta } from './kubernetes.ts';

/** A stateless function: its code, how it is called and how far it may scale. StreamBindings name it and drive it from Kafka topics. Fields that are not listed here are refused by clients that validate strictly (kubectl does) and dropped for others. */
export type EventFunction = {
  readonly apiVersion: 'headrace.dev/v1alpha1';
  readonly kind: 'EventFunction';
  readonly metadata: ObjectMeta;
  readonly spec: EventFunctionSpec;
  readonly status?: EventFunctionStatus;
};

export type EventFunctionSpec = {
  /** What runs the code. `node26` is Node.js 26. `container` is an image of your own that takes CloudEvents over HTTP, as containers for Knative do. It must run as a user who is not root, with a file system that cannot be written outside of /tmp. */
  readonly runtime: 'node26' | 'container';
  /** The image, for runtime `container`. Another text rolls the pods: name a digest or a tag that never moves. */
  readonly image?: string;
  /** Where the image listens, for runtime `container`; 8080 where it is not given. It is told in the environment variable `PORT`. */
  readonly port?: number;
  /** Where the code is. Exactly one of its fields. Needed for every runtime but `container`. */
  readonly code?: {
    /** The code itself, one ES module in JavaScript. At most 128 Ki characters, because client-side apply stores it twice. */
    readonly inline?: string;
    /** A ConfigMap of the same namespace with one file per key. Files may be TypeScript (`.ts`, `.mts`), whose types are stripped. A change of it rolls the pods. */
    readonly configMapRef?: {
      /** Name of the ConfigMap. */
      readonly name: string;
    };
  };
  /** The exported function to call: its name (`default` for the default export), or `file.name` where the code has several files (`file` without its ending; else the file is `index`). */
  readonly handler: string;
  /** How the function is called. `Event` is (event, context), once for each event. `Batch` is (events, context), once for all events of a call. `Auto` is `Batch` where the exported function has a property `batch` that is true, else `Event`. For runtime `container`, `Auto` and `Event` are one CloudEvent for each call, in HTTP's binary mode, whatever the binding's `batch.maxRecords`; `Batch` is a JSON array of CloudEvents, where `batch.maxRecords` is above 1. */
  readonly signature: 'Auto' | 'Event' | 'Batch';
  /** Calls that one pod takes at a time. Calls of one partition never overlap, whatever the number. For runtime `container` it holds for each invoker of a binding by itself. */
  readonly concurrency: number;
  /** Time for one call, answer included, as a duration such as `500ms`, `30s` or `5m`. From 100ms to 15m. The only timeout of a call. */
  readonly timeout: string;
  /** Environment variables of the function's container. */
  readonly env?: readonly {
    /** Name of the variable. `HEADRACE_*` and the variables that change how a program is loaded are taken. */
    readonly name: string;
    /** Its value. `$(NAME)` is replaced by an earlier variable. */
    readonly value?: string;
    /** Where its value comes from. Exactly one field. */
    readonly valueFrom?: {
      /** A key of a Secret of the same namespace. The kubelet reads it; Headrace never does. */
      readonly secretKeyRef?: {
        /** Name of the Secret. */
        readonly name: string;
        /** Key in the Secret. */
        readonly key: string;
        /** Whether pods start without the Secret or key, the variable then being unset. */
        readonly optional?: boolean;
      };
      /** A key of a ConfigMap of the same namespace. */
      readonly configMapKeyRef?: {
        /** Name of the ConfigMap. */
        readonly name: string;
        /** Key in the ConfigMap. */
        readonly key: string;
        /** Whether pods start without the ConfigMap or key, the variable then being unset. */
        readonly optional?: boolean;
      };
      /** A field of the pod. */
      readonly fieldRef?: {
        /** Path of the field. */
        readonly fieldPath: 'metadata.name' | 'metadata.namespace' | 'metadata.uid' | 'spec.nodeName' | 'spec.serviceAccountName' | 'status.hostIP' | 'status.podIP';
      };
    };
  }[];
  /** ConfigMaps and Secrets of the same namespace whose keys all become environment variables. */
  readonly envFrom?: readonly {
    /** Put before each key. */
    readonly prefix?: string;
    /** The ConfigMap. */
    readonly configMapRef?: {
      /** Name of the ConfigMap. */
      readonly name: string;
      /** Whether pods start without it. */
      readonly optional?: boolean;
    };
    /** The Secret. The kubelet reads it; Headrace never does. */
    readonly secretRef?: {
      /** Name of the Secret. */
      readonly name: string;
      /** Whether pods start without it. */
      readonly optional?: boolean;
    };
  }[];
  /** Resources of the function's container, as in a pod. Where it is not given, the chart's value `function.resources` is used as a whole. */
  readonly resources?: {
    /** What is set aside for each pod, for instance `cpu` and `memory`. */
    readonly requests?: Readonly<Record<string, string | number>>;
    /** What a pod may use at most. */
    readonly limits?: Readonly<Record<string, string | number>>;
  };
  /** What else the function's pods get. */
  readonly template?: {
    /** Labels and annotations of the pods. */
    readonly metadata?: {
      /** Added to the pods. Keys of `headrace.dev` and `app.kubernetes.io` are taken. */
      readonly labels?: Readonly<Record<string, string>>;
      /** Added to the pods. Keys of `headrace.dev` are taken. */
      readonly annotations?: Readonly<Record<string, string>>;
    };
    /** Labels that a node must have. */
    readonly nodeSelector?: Readonly<Record<string, string>>;
    /** Taints of nodes that the pods tolerate, as in a pod. */
    readonly tolerations?: readonly {
      /** Key of the taint; empty with `Exists` tolerates every taint. */
      readonly key?: string;
      /** How `value` is compared. */
      readonly operator: 'Exists' | 'Equal';
      /** Value of the taint for `Equal`. */
      readonly value?: string;
      /** Effect of the taint; absent matches all. */
      readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      /** How long a `NoExecute` taint is tolerated; absent is for ever. */
      readonly tolerationSeconds?: number;
    }[];
    /** ServiceAccount of the pods. Its token is mounted only where this is given; else pods run as `default` and have no token. */
    readonly serviceAccountName?: string;
  };
  /** How far the function may scale. Within these bounds its pods follow the lag of its bindings. */
  readonly scaling: {
    /** Pods that stay when there is nothing to do. 0 lets the function sleep. */
    readonly minReplicas: number;
    /** Pods at most. */
    readonly maxReplicas: number;
    /** How quickly replicas may change, with the fields of a HorizontalPodAutoscaler's `behavior`. Without policies there is no limit. What is idle for `idleTimeout` goes to `minReplicas` without waiting for a window. */
    readonly behavior: {
      /** How pods are added. The first one is always allowed. */
      readonly scaleUp: {
        /** The lowest number that was wished within this time counts. */
        readonly stabilizationWindowSeconds: number;
        /** Which policy counts where there are several, the one that allows the most or the least. `Disabled` allows no change in this direction. */
        readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
        /** How much may change within a time. None means as much as is wished. */
        readonly policies?: readonly {
          /** What `value` counts. */
          readonly type: 'Pods' | 'Percent';
          /** The change that is allowed within the period. */
          readonly value: number;
          /** Length of the period. */
          readonly periodSeconds: number;
        }[];
      };
      /** How pods are taken away. */
      readonly scaleDown: {
        /** The highest number that was wished within this time counts. */
        readonly stabilizationWindowSeconds: number;
        /** Which policy counts where there are several, the one that allows the most or the least. `Disabled` allows no change in this direction. */
        readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
        /** How much may change within a time. None means as much as is wished. */
        readonly policies?: readonly {
          /** What `value` counts. */
          readonly type: 'Pods' | 'Percent';
          /** The change that is allowed within the period. */
          readonly value: number;
          /** Length of the period. */
          readonly periodSeconds: number;
        }[];
      };
    };
  };
};

export type EventFunctionStatus = {
  /** The generation of the spec that this status speaks of. */
  readonly observedGeneration?: number;
  /** Pods that exist, ready or not. */
  readonly replicas?: number;
  /** Pods that can take calls. */
  readonly readyReplicas?: number;
  /** Pods that were last decided on. */
  readonly desiredReplicas?: number;
  /** Digest of the code, or of the name of the image, that the newest pods run. */
  readonly revision?: string;
  /** Where the function can be called over HTTP inside the cluster. */
  readonly url?: string;
  /** What holds: `Ready`, `Reconciling`, `Stalled`. Their reasons are listed in the reference. */
  readonly conditions?: readonly Condition[];
};

/** A Kafka topic bound to a function: which records, in what batches, what happens to the answer and to a failure, and how far it scales. Fields that are not listed here are refused by clients that validate strictly (kubectl does) and dropped for others. */
export type StreamBinding = {
  readonly apiVersion: 'headrace.dev/v1alpha1';
  readonly kind: 'StreamBinding';
  readonly metadata: ObjectMeta;
  readonly spec: StreamBindingSpec;
  readonly status?: StreamBindingStatus;
};

export type StreamBindingSpec = {
  /** The function to call. */
  readonly functionRef: {
    /** Name of an EventFunction of the same namespace. It may come later than the binding. */
    readonly name: string;
  };
  /** How to reach Kafka (4.0 or newer). */
  readonly kafka: {
    /** Addresses to begin with, each `host:port` (`[address]:port` for IPv6); all brokers are found from any of them. */
    readonly bootstrapServers: readonly string[];
  };
  /** What is read. Topic and consumer group cannot be changed later, because positions belong to them. */
  readonly source: {
    /** Name of the topic. It may come later than the binding; it is never created by Headrace. */
    readonly topic: string;
    /** The consumer group. Where it is not given it is `headrace.<namespace>.<name>`; `status.consumerGroup` shows it. */
    readonly consumerGroup?: string;
    /** Where to begin in a group that has no position yet. It is never used again once positions are committed. */
    readonly initialOffset: 'Earliest' | 'Latest' | 'Timestamp';
    /** With `initialOffset: Timestamp`: begin with the first record of this time or later, such as `2026-11-21T08:00:00Z`. */
    readonly initialTimestamp?: string;
    /** What to do when the next record was already deleted by the topic's retention. `Stop` blocks the partition and says so; `Earliest` goes on with the oldest record that is left. Either way what is skipped is counted and told. */
    readonly onOffsetOutOfRange: 'Earliest' | 'Stop';
    /** What records are. `CloudEvent` passes CloudEvents through unchanged and treats others as failed. `Json` and `Bytes` wrap each value into a CloudEvent. `Auto` passes CloudEvents through and wraps the rest, as JSON where it is JSON. */
    readonly format: 'Auto' | 'CloudEvent' | 'Json' | 'Bytes';
  };
  /** The order that is guaranteed. `Partition`: one open call for each partition, its records in order, outputs in the order of inputs; a record that fails holds its partition until it is settled. */
  readonly ordering: 'Partition';
  /** How many records go into one call. */
  readonly batch: {
    /** Records in a call at most. */
    readonly maxRecords: number;
    /** Bytes of keys, values and headers in a call at most, such as `512Ki`. From 1Ki to 64Mi. A larger single record goes alone. */
    readonly maxBytes: string;
    /** How long to wait for a fuller batch. Up to 1m. With `0s` a batch goes out as soon as its partition has no open call, and what arrives meanwhile is the next batch. */
    readonly maxWait: string;
  };
  /** Bounds of each invoker. */
  readonly flow: {
    /** Bytes of fetched records that an invoker holds at most, whatever the lag; above it only one record of each partition, where that is larger than the share of its partition. From 1Mi to 1Gi; raise the memory limit of invokers (chart value `invoker.resources`) with it. */
    readonly maxBufferedBytes: string;
    /** Bytes of one answer at most; a longer one is cut and counts as a failed attempt. From 1Ki to 64Mi. */
    readonly maxResponseBytes: string;
    /** How long open calls may go on when a partition is handed over or an invoker stops, before they are given up and repeated by the next owner. From 1s to 5m. */
    readonly drainTimeout: string;
  };
  /** What happens to records that fail. Delivery is at least once: an offset is committed only when every record before it is settled, that is done, dead-lettered or dropped by `onExhausted`. */
  readonly delivery: {
    /** How often and how long a failing record is tried. Waits grow exponentially, with jitter. */
    readonly retry: {
      /** Attempts at most, the first included. They are counted over restarts and hand-overs. While the function is not there, nothing is counted; nor, for two minutes, while it fails at everything. */
      readonly maxAttempts: number;
      /** Wait before the second attempt. From 10ms to 1h. */
      readonly initialBackoff: string;
      /** Longest wait between two attempts. Up to 1h. */
      readonly maxBackoff: string;
      /** Longest time from a record's first failure to its last attempt, and longest time for which it is spared while everything fails. From 1s to 168h. */
      readonly maxAge: string;
    };
    /** What to do with a record whose attempts are used up or that the function rejects. `DeadLetter` writes it, unchanged, to `deadLetter.topic`. `Block` holds its partition until it passes: it is tried again, alone, each `retry.maxBackoff`. `Drop` counts it and goes on. Where it is not given: `DeadLetter` if a topic is named, else `Block`. */
    readonly onExhausted?: 'DeadLetter' | 'Block' | 'Drop';
    /** Where dead letters go. */
    readonly deadLetter?: {
      /** Name of the topic. It must exist; it is never created by Headrace. */
      readonly topic: string;
    };
  };
  /** Where the events go that the function answers with. Where it is not given they are not published. */
  readonly output?: {
    /** Name of the topic. It must exist; it is never created by Headrace. */
    readonly topic: string;
    /** Key of the written records. `Source` is the key of the record that was answered; `Event` is the event's `partitionkey` attribute. */
    readonly key: 'Source' | 'Event';
    /** How the CloudEvent is written. `Binary` puts its attributes into headers, `Structured` the whole event as JSON into the value. */
    readonly contentMode: 'Binary' | 'Structured';
    /** Other topics for some events, by their type. */
    readonly routes?: readonly {
      /** An event whose CloudEvents `type` equals this goes to `topic`. */
      readonly type: string;
      /** Name of the topic. It must exist; it is never created by Headrace. */
      readonly topic: string;
    }[];
  };
  /** When to scale, and how far the invokers may. */
  readonly scaling: {
    /** What the function's pods are scaled to. Exactly one of its fields. */
    readonly target: {
      /** Records that one pod of the function may owe. */
      readonly lag?: number;
      /** How late the stream may run, such as `10s`. From 100ms to 24h. */
      readonly delay?: string;
    };
    /** Invokers that stay when there is nothing to do. 0 lets the binding sleep. */
    readonly minInvokers: number;
    /** Invokers at most. Never more run than the topic has partitions. */
    readonly maxInvokers: number;
    /** How long there must have been nothing to do before it sleeps. From 5s to 24h. */
    readonly idleTimeout: string;
  };
  /** Whether the binding rests. Open calls end, positions are kept, and nothing is lost; set it to false to go on. */
  readonly suspend: boolean;
};

export type StreamBindingStatus = {
  /** The generation of the spec that this status speaks of. */
  readonly observedGeneration?: number;
  /** The consumer group, given or computed. */
  readonly consumerGroup?: string;
  /** Kafka's id of the topic whose initial positions are committed. Once it stands here a missing position is an error and never again a reason to use `initialOffset`. */
  readonly topicId?: string;
  /** Partitions of the topic. */
  readonly partitions?: number;
  /** Invokers that are members of the group. */
  readonly invokers?: number;
  /** Records still to be done, coarse: refreshed at most every 30 s. For exact figures see the metrics. */
  readonly lag?: number;
  /** When `lag` was taken. */
  readonly lagTime?: string;
  /** Which invoker owns which partitions. Changes only when ownership does. */
  readonly placements?: readonly {
    /** Name of the invoker's pod. */
    readonly invoker: string;
    /** Its partitions, such as `0-3,8`. */
    readonly partitions: string;
  }[];
  /** What holds: `Ready`, `Reconciling`, `Stalled`, `FunctionAvailable`, `SourceReachable`, `TopicReady`, `Active`, `Blocked`, `Suspended`. Their reasons are listed in the reference. */
  readonly conditions?: readonly Condition[];
};
