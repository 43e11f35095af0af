/** The closed list of reasons that conditions give, each with what it means and what a person does next. The reference is made from it. */

export interface ReasonText {
  readonly means: string;
  /** What to do; also the tail of the condition's message where something is wrong. */
  readonly next: string;
  /** It will not heal by itself or by something that is likely on its way: `Stalled` becomes true. */
  readonly stalls?: true;
  /** It heals by itself, usually within seconds: `Reconciling` becomes true. */
  readonly passes?: true;
}

export const functionReasons = {
  Available: { means: 'Pods can take calls.', next: 'nothing' },
  ScaledToZero: { means: 'No pods, because there is nothing to do; the first record wakes it.', next: 'nothing' },
  Waking: { means: 'Pods start for work that has come.', next: 'wait', passes: true },
  PodsStarting: { means: 'Pods with this code start for the first time.', next: 'wait', passes: true },
  RollingOut: { means: 'Pods are replaced one after the other by newer ones.', next: 'wait', passes: true },
  CodeMissing: {
    means: 'The ConfigMap that spec.code.configMapRef names does not exist.',
    next: 'create the ConfigMap in this namespace, or name another one',
  },
  HandlerMissing: {
    means: 'The ConfigMap with the code has no file that spec.handler names.',
    next: 'add the file to the ConfigMap, or set spec.handler to file.export',
    stalls: true,
  },
  ImageNotPulled: {
    means: 'A node cannot get the image of the pods.',
    next: 'see that the nodes can pull the image that the message names: spec.image of a container, else the image of the chart',
    stalls: true,
  },
  PodMisconfigured: {
    means:
      'The kubelet cannot make the container, for instance because a Secret or ConfigMap of its environment is missing.',
    next: 'create what the message names, or take it out of the spec',
    stalls: true,
  },
  PodsCrashing: {
    means: 'The container ends again and again.',
    next: 'read its log: kubectl logs --previous of the pod named in the message',
    stalls: true,
  },
  PodsUnschedulable: {
    means: 'No node has room for the pods, or none is allowed.',
    next: 'add room, lower spec.resources, or change nodeSelector and tolerations',
  },
  PodsRefused: {
    means: 'The cluster refuses to create the pods, for instance because of a quota or a policy.',
    next: 'raise the quota, or change what the message names',
    stalls: true,
  },
  PodsNotReady: {
    means: 'Pods run for a while and do not get ready; often the code does not load.',
    next: 'read its log: kubectl logs of the pod named in the message',
    stalls: true,
  },
} as const satisfies Record<string, ReasonText>;

export const bindingReasons = {
  Flowing: { means: 'Invokers own the partitions and drive the function.', next: 'nothing' },
  Asleep: { means: 'No invokers, because there is nothing to do; the first record wakes them.', next: 'nothing' },
  Suspended: {
    means: 'spec.suspend is true: positions are kept, nothing is read.',
    next: 'set spec.suspend to false to go on',
  },
  NotSuspended: { means: 'spec.suspend is false.', next: 'nothing' },
  Active: { means: 'Invokers are wanted.', next: 'nothing' },
  LagNotFalling: {
    means: 'Lag does not fall with more pods; more than these are not added for ten minutes.',
    next: 'see what the function waits for; where all pods that there may be are busy, raise scaling.maxReplicas or use more partitions',
  },
  Waking: { means: 'Invokers start for records that have come.', next: 'wait', passes: true },
  InvokersStarting: { means: 'Invokers start and have not joined their group yet.', next: 'wait', passes: true },
  RollingOut: {
    means: 'Invokers are replaced one after the other, for a changed spec or version.',
    next: 'wait',
    passes: true,
  },
  NotStarted: {
    means: 'Invokers wait until function, broker, topic and positions are fit.',
    next: 'see the other conditions',
  },
  FunctionMissing: {
    means: 'The EventFunction that spec.functionRef names does not exist.',
    next: 'create it in this namespace, or name another one; records wait meanwhile',
  },
  FunctionReady: { means: 'The function can take calls or can be woken to take them.', next: 'nothing' },
  FunctionNotReady: {
    means: 'The function is not ready.',
    next: 'see the conditions of the EventFunction: kubectl describe efn',
  },
  FunctionNotAnswering: {
    means: 'The function has ready pods, but the invokers cannot reach them or are turned away.',
    next: 'see the log of the function pods and the network policies of the namespace; records wait meanwhile',
  },
  FunctionFailing: {
    means:
      'The function takes calls, and every one of them fails. For two minutes no attempt is counted and no record given up; then attempts count, one call at a time.',
    next: 'see the log of the function pods, and what the function needs (its database?); it goes on by itself with the first success. If the records are to blame, let the function reject them, or skip one with the annotation headrace.dev/skip: "<partition>:<offset>"',
  },
  AwaitingSample: { means: "The namespace's scout has not looked at the topic yet.", next: 'wait', passes: true },
  SampleFailed: {
    means: 'The scout could not look at the topic; the last decision holds.',
    next: 'wait; if it stays, see the log of the scout: kubectl logs deploy/headrace-scout',
    passes: true,
  },
  BrokerReached: { means: 'A broker answered.', next: 'nothing' },
  BrokerUnreachable: {
    means: 'No broker of spec.kafka.bootstrapServers answers.',
    next: 'see that the addresses are right and reachable from this namespace; it goes on by itself when they answer',
  },
  NotAuthorized: {
    means: 'The broker refuses access to the topic or the group.',
    next: 'grant read and describe on topic and group, write on the output topics',
    stalls: true,
  },
  TopicPositioned: { means: 'The topic exists and the group has its positions.', next: 'nothing' },
  Positioning: { means: 'Initial positions are being committed.', next: 'wait', passes: true },
  TopicMissing: { means: 'The source topic does not exist.', next: 'create the topic; Headrace creates none' },
  TopicReplaced: {
    means: 'The topic was deleted and created again, and the positions belong to the old one.',
    next: 'delete the StreamBinding and create it again, to begin at spec.source.initialOffset',
    stalls: true,
  },
  RequiredTopicMissing: {
    means: 'An output or dead-letter topic does not exist.',
    next: 'create the topic that the message names; Headrace creates none',
  },
  OffsetsMissing: {
    means: 'The group has lost committed positions.',
    next: 'commit the offsets to go on from with kafka-consumer-groups --reset-offsets; initialOffset is not used again',
    stalls: true,
  },
  GroupInUse: {
    means: 'Members of another application are in the consumer group.',
    next: 'stop them, or create a new StreamBinding with another spec.source.consumerGroup',
    stalls: true,
  },
  GroupShared: {
    means: 'An older StreamBinding of this namespace uses the same consumer group.',
    next: 'create this StreamBinding anew with another spec.source.consumerGroup; it does not run meanwhile',
    stalls: true,
  },
  InvokersFailing: {
    means: 'Invoker pods do not start or do not get ready.',
    next: 'see the message and the log of the pod that it names',
    stalls: true,
  },
  RecordBlocked: {
    means: 'A record that cannot be settled holds its partition; the others go on.',
    next: 'mend the function, or name a dead-letter topic in spec.delivery.deadLetter; or skip this one record with the annotation headrace.dev/skip: "<partition>:<offset>" (headrace.dev/retry tries it at once)',
  },
  RecordsDoubted: {
    means:
      'All calls of an invoker fail, so nobody knows whether the function or its records are to blame; the partitions wait.',
    next: 'see the log of the function pods; if the record is to blame, let the function reject it, or skip it with the annotation headrace.dev/skip: "<partition>:<offset>"',
  },
  NotWritten: {
    means: 'An output or a dead letter cannot be written, so its partition waits. Nothing is wrong with the function.',
    next: 'see that the broker answers, and that the topic exists, has enough in-sync replicas and takes records of this size; it goes on by itself',
  },
  CallsUnauthorized: {
    means: "The function's pods, or a proxy before them, refuse the invokers' calls with 401 or 403.",
    next: 'let what the message names accept the calls of the invokers; it goes on by itself, and no attempt is counted meanwhile',
  },
  PositionOutOfRange: {
    means: 'The topic does not hold the position of a partition any more, and spec.source.onOffsetOutOfRange is Stop.',
    next: 'set spec.source.onOffsetOutOfRange to Earliest; or set spec.suspend, commit the offset to go on from with kafka-consumer-groups --reset-offsets, and take spec.suspend back',
    stalls: true,
  },
  RecordUnreadable: {
    means:
      'What the topic holds at a position is no batch of records: its checksum is wrong, its codec unknown, or it unpacks to more than may be held.',
    next: 'let another replica lead the partition, or mend the log; or set spec.suspend, commit the offset behind it with kafka-consumer-groups --reset-offsets, and take spec.suspend back',
    stalls: true,
  },
  NothingBlocked: { means: 'No record holds a partition.', next: 'nothing' },
} as const satisfies Record<string, ReasonText>;

/** For `Reconciling` and `Stalled`, on both kinds. */
export const progressReasons = {
  Settled: { means: 'What runs is what the spec wants.', next: 'nothing' },
  InProgress: { means: 'It is on its way; the message says what.', next: 'wait' },
  NotStalled: { means: 'Nothing stands in the way that needs a person.', next: 'nothing' },
  ChildRefused: {
    means: 'The API server refuses an object that the operator makes from the spec.',
    next: 'change the field that the message names',
    stalls: true,
  },
} as const satisfies Record<string, ReasonText>;

export type FunctionReason = keyof typeof functionReasons | keyof typeof progressReasons;
export type BindingReason = keyof typeof bindingReasons | keyof typeof progressReasons;
export type Reason = FunctionReason | BindingReason;

const all: Readonly<Record<string, ReasonText>> = { ...functionReasons, ...bindingReasons, ...progressReasons };

export const reasonText = (reason: Reason): ReasonText => all[reason]!;
