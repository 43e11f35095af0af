// What a way to a cluster is: the one interface behind which clusters differ.
import type { WayName } from './state.ts';

/** What a way makes ready: a cluster with DNS, and how Kafka can be run in it. */
export interface Ground {
  readonly kubeconfig: string;
  /** The image of the broker, available to the cluster's nodes. */
  readonly kafkaImage: string;
  /** The name or address by which this machine reaches the cluster's node ports. */
  readonly nodeHost: string;
}

/** The only place where one cluster differs from another. */
export interface ClusterWay {
  readonly name: WayName;
  /** Whether this machine can go this way. */
  applies(): Promise<boolean>;
  /** Idempotent: makes what is missing, keeps what is there. */
  up(): Promise<Ground>;
  /** Removes what `up` made, also the halves of it; does nothing when there is nothing. */
  down(): Promise<void>;
  /** Makes the images in these archives available to the cluster's nodes. */
  loadImages(archives: readonly string[]): Promise<void>;
  /** A line per part: what it is, whether it runs. */
  status(): Promise<string[]>;
}
