/** An incremental fetch session as KIP-227 has it: what a broker knows of us, and so what has to be told it next. PURE. */

export interface SessionPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly position: number;
}

interface TopicPartitions<P> {
  readonly topicId: string;
  readonly partitions: readonly P[];
}

export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** New ones, and those whose position is another. */
  readonly topics: readonly TopicPartitions<SessionPartition>[];
  readonly forgotten: readonly TopicPartitions<number>[];
}

const keyOf = ({ topicId, partition }: Pick<SessionPartition, 'topicId' | 'partition'>): string =>
  `${topicId} ${partition}`;
/** Epochs go round: 0 opens a session and -1 ends one. */
const epochMax = 0x7fff_ffff;

export class FetchSession {
  #id = 0;
  #epoch = 0;
  #told = new Map<string, SessionPartition>();

  /** What to send so that the broker waits for `wanted`; it counts as told with `answered`. */
  request(wanted: readonly SessionPartition[]): SessionRequest {
    if (this.#id === 0) return { sessionId: 0, sessionEpoch: 0, topics: byTopic(wanted, (p) => p), forgotten: [] };
    const changed = wanted.filter((p) => this.#told.get(keyOf(p))?.position !== p.position);
    const kept = new Set(wanted.map(keyOf));
    const gone = [...this.#told.values()].filter((p) => !kept.has(keyOf(p)));
    return {
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: byTopic(changed, (p) => p),
      forgotten: byTopic(gone, (p) => p.partition),
    };
  }

  /** The broker answered the request for `wanted`, in session `sessionId`; 0: it has no room for one, each request is a full one. */
  answered(wanted: readonly SessionPartition[], sessionId: number): void {
    this.#epoch = sessionId !== this.#id || this.#epoch === epochMax ? 1 : this.#epoch + 1;
    this.#id = sessionId;
    this.#told = new Map(wanted.map((p) => [keyOf(p), p]));
  }

  /** The broker does not know the session (any more): the next request opens one. */
  reset(): void {
    this.#id = 0;
    this.#epoch = 0;
    this.#told.clear();
  }
}

function byTopic<P>(all: readonly SessionPartition[], of: (p: SessionPartition) => P): readonly TopicPartitions<P>[] {
  return [...Map.groupBy(all, (p) => p.topicId)].map(([topicId, same]) => ({ topicId, partitions: same.map(of) }));
}
