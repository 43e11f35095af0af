/** The ready endpoints of the function: which partition meets which, how many calls each has open, and which epochs each has been told. */
import { announcePath } from '#contract/call.ts';
import { assignPartitions } from './affinity.ts';
import { FunctionClient } from './function-client.ts';

export interface PodsSettings {
  readonly concurrency: number;
  readonly maxResponseBytes: number;
  /** Hosts are told epochs before their first call; plain containers know none. */
  readonly announces: boolean;
  /** `namespace/name`. */
  readonly binding: string;
  readonly token?: () => string | undefined;
}

/** How long an endpoint that refused a connection is passed over, while others are there. */
const suspicionMs = 2_000;
const announceTimeoutMs = 1_000;
const knowsNoEpochs: ReadonlySet<number> = new Set([404, 405]);

export class Pod {
  readonly client: FunctionClient;
  openCalls = 0;
  /** How long the function had the last call that was answered. */
  lastBusyMs = Number.POSITIVE_INFINITY;
  /** Epochs that it has not confirmed to know. */
  readonly untold = new Map<number, number>();

  constructor(client: FunctionClient) {
    this.client = client;
  }
}

export class FunctionPods {
  readonly #settings: PodsSettings;
  readonly #pods = new Map<string, Pod>();
  readonly #suspects = new Map<string, NodeJS.Timeout>();
  readonly #epochs = new Map<number, number>();
  readonly #onChanged: (appeared: boolean) => void;
  #partitions: readonly number[] = [];
  #assigned: ReadonlyMap<number, string> | undefined;

  /** `onChanged`: another pod may take the calls that wait; `appeared`: there is one that was not ready before. */
  constructor(settings: PodsSettings, onChanged: (appeared: boolean) => void) {
    this.#settings = settings;
    this.#onChanged = onChanged;
  }

  get count(): number {
    return this.#pods.size;
  }

  /** All partitions of the topic. */
  setPartitions(partitions: readonly number[]): void {
    this.#partitions = partitions;
    this.#assigned = undefined;
  }

  /** Replaces the list of ready endpoints (`host:port`). */
  setEndpoints(endpoints: readonly string[]): void {
    for (const [endpoint, pod] of this.#pods) {
      if (endpoints.includes(endpoint)) continue;
      this.#pods.delete(endpoint);
      this.#clear(endpoint);
      void pod.client.close();
    }
    const appeared = endpoints.filter((endpoint) => !this.#pods.has(endpoint));
    for (const endpoint of appeared) {
      // Two more than slots, for a call that goes ahead and for an announcement, which never waits behind a call.
      const connections = this.#settings.concurrency + 2;
      const pod = new Pod(new FunctionClient(endpoint, { ...this.#settings, connections }));
      for (const [partition, epoch] of this.#epochs) this.#leaveToTell(pod, partition, epoch);
      this.#pods.set(endpoint, pod);
    }
    this.#assigned = undefined;
    this.#onChanged(appeared.length > 0);
  }

  /** The pod that the partition meets; undefined when none is ready. */
  podOf(partition: number): Pod | undefined {
    this.#assigned ??= assignPartitions(this.#partitions, this.#trusted());
    return this.#pods.get(this.#assigned.get(partition) ?? '');
  }

  /** It refused a connection: others take its partitions for a while, in case the list of endpoints is behind. */
  suspect(endpoint: string): void {
    if (!this.#pods.has(endpoint) || this.#suspects.has(endpoint)) return;
    const forgive = (): void => {
      this.#clear(endpoint);
      this.#assigned = undefined;
      this.#onChanged(false);
    };
    this.#suspects.set(endpoint, setTimeout(forgive, suspicionMs));
    this.#assigned = undefined;
  }

  /** Tells all ready pods the epochs of partitions taken over. Who cannot be told now is told before its next call. */
  async announce(epochs: ReadonlyMap<number, number>): Promise<void> {
    for (const [partition, epoch] of epochs) {
      this.#epochs.set(partition, epoch);
      for (const pod of this.#pods.values()) this.#leaveToTell(pod, partition, epoch);
    }
    await Promise.all([...this.#pods.values()].map((pod) => this.tell(pod)));
  }

  /** True when the pod knows all epochs (or is no host). */
  async tell(pod: Pod): Promise<boolean> {
    if (pod.untold.size === 0) return true;
    const told = new Map(pod.untold);
    const reply = await pod.client.send({
      path: announcePath,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ binding: this.#settings.binding, epochs: Object.fromEntries(told) }),
      timeoutMs: announceTimeoutMs,
    });
    // A host without this path fences nothing, and need not be told.
    const heard =
      reply.kind === 'answer' && ((reply.status >= 200 && reply.status <= 299) || knowsNoEpochs.has(reply.status));
    if (!heard) return false;
    for (const [partition, epoch] of told) {
      if (pod.untold.get(partition) === epoch) pod.untold.delete(partition);
    }
    return true;
  }

  /** Ended ownership: its epoch is no longer ours to announce. */
  forget(partition: number): void {
    this.#epochs.delete(partition);
    for (const pod of this.#pods.values()) pod.untold.delete(partition);
  }

  async close(): Promise<void> {
    for (const endpoint of this.#suspects.keys()) this.#clear(endpoint);
    await Promise.all([...this.#pods.values()].map((pod) => pod.client.close()));
  }

  #leaveToTell(pod: Pod, partition: number, epoch: number): void {
    if (this.#settings.announces) pod.untold.set(partition, epoch);
  }

  /** Where all are suspects, all are tried. */
  #trusted(): string[] {
    const all = [...this.#pods.keys()];
    const trusted = all.filter((endpoint) => !this.#suspects.has(endpoint));
    return trusted.length > 0 ? trusted : all;
  }

  #clear(endpoint: string): void {
    clearTimeout(this.#suspects.get(endpoint));
    this.#suspects.delete(endpoint);
  }
}
