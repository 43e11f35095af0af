/** What operator and scout say to each other over HTTP: the bindings to watch, and samples of their lag. */

export const scoutPort = 8081;
/** PUT a `ScoutDocument`; its `hash` names it in `samplesPath`. 204. */
export const documentPath = '/v1/document';
/**
 * GET `?document=<hash>&after=<sequence>`: answers a `SamplesAnswer` as soon as a sampling round newer than `after` is done or a sleeping
 * binding woke (at most `samplesWaitMs`). 412 when the scout does not have that document (it restarted): PUT it again.
 */
export const samplesPath = '/v1/samples';
export const samplesWaitMs = 5_000;

export interface ScoutDocument {
  readonly version: 1;
  readonly hash: string;
  readonly bindings: readonly ScoutBinding[];
}

export interface ScoutBinding {
  readonly uid: string;
  readonly name: string;
  readonly bootstrapServers: readonly string[];
  readonly topic: string;
  readonly consumerGroup: string;
  readonly initialOffset:
    | { readonly kind: 'Earliest' }
    | { readonly kind: 'Latest' }
    | { readonly kind: 'Timestamp'; readonly timestampMs: number };
  /**
   * True until the operator has seen `positioned` once: the scout then commits initial positions for a group without commits.
   * Afterwards a missing commit is reported (`OffsetsMissing`), never repaired by `initialOffset` again (D11).
   */
  readonly mayPosition: boolean;
  /** Topics that must exist besides the source. */
  readonly requiredTopics: readonly { readonly role: 'output' | 'deadLetter'; readonly topic: string }[];
}

export type SampleFailure =
  | 'BrokerUnreachable'
  | 'TopicMissing'
  | 'RequiredTopicMissing'
  | 'OffsetsMissing'
  | 'NotAuthorized'
  | 'GroupInUse'
  | 'SampleFailed';

export interface PartitionSample {
  readonly partition: number;
  readonly logStart: number;
  /** Last stable offset: the next offset a read_committed reader may read. */
  readonly logEnd: number;
  readonly committed: number | null;
  /** Work: `logEnd - max(committed, logStart)`, never negative. */
  readonly lag: number;
}

export type SampleOutcome =
  | {
      readonly kind: 'sampled';
      readonly topicId: string;
      /** Every partition has a committed offset: the binding may sleep. */
      readonly positioned: boolean;
      readonly partitions: readonly PartitionSample[];
      /** Age in ms of the oldest record not yet done; 0 without lag; null while unknown. */
      readonly delayMs: number | null;
    }
  | { readonly kind: 'failed'; readonly reason: SampleFailure; readonly message: string };

export interface BindingSample {
  readonly uid: string;
  /** Unix ms at which the sample was taken. */
  readonly atMs: number;
  readonly outcome: SampleOutcome;
}

export interface SamplesAnswer {
  readonly sequence: number;
  readonly samples: readonly BindingSample[];
}
