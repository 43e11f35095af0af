/** Judges what became of a stream: which events were lost, repeated, swapped, or ended in more than one place. Pure; knows Kafka positions and ids only. */

/** An event in the source topic. */
export interface SourceEvent {
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
}

/** A record in one of the topics that events may end in. */
export interface EndedEvent {
  readonly partition: number;
  readonly offset: number;
  /** The source event that it came from; null when the record does not say. */
  readonly cause: string | null;
  /** Its own id. */
  readonly id: string | null;
}

export interface Evidence {
  /** In any order. */
  readonly source: readonly SourceEvent[];
  /** Per topic, in any order. */
  readonly ended: ReadonlyMap<string, readonly EndedEvent[]>;
  /** `one`: an event ends in exactly one record. `many`: in one topic, in records whose own ids differ. */
  readonly perEvent: 'one' | 'many';
  /** What the generator was acknowledged, where it is known: each must be in the source. */
  readonly generated?: Iterable<string>;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}
export interface Duplicate extends Place {
  readonly id: string;
}
/** Came behind `behindOffset` of its source partition, though its source offset is lower. */
export interface Swapped extends Place {
  readonly id: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly behindOffset: number;
}
export interface Misrouted {
  readonly id: string;
  readonly topics: readonly string[];
}
/** A record that names no event of the source, or none at all. */
export interface Stranger extends Place {
  readonly cause: string | null;
}

export interface Verdict {
  /** Lost 0, swapped 0, misrouted 0, strangers 0, missing 0, duplicates 0. */
  readonly isFlawless: boolean;
  /** Distinct ids in the source. */
  readonly generated: number;
  /** Ids that the source itself holds more than once: so often they may end. No flaw of what is judged. */
  readonly repeatedInSource: readonly string[];
  /** Of these, how many ended somewhere. */
  readonly found: number;
  /** Records per topic, repeats included. */
  readonly records: Readonly<Record<string, number>>;
  readonly lost: readonly SourceEvent[];
  readonly duplicates: readonly Duplicate[];
  readonly swapped: readonly Swapped[];
  readonly misrouted: readonly Misrouted[];
  readonly strangers: readonly Stranger[];
  /** Acknowledged to the generator, but not in the source. */
  readonly missing: readonly string[];
}

export function judge({ source, ended, perEvent, generated = [] }: Evidence): Verdict {
  const origins = originsOf(source);
  const places = new Map<string, Set<string>>();
  const duplicates: Duplicate[] = [];
  const swapped: Swapped[] = [];
  const strangers: Stranger[] = [];
  for (const [topic, records] of ended) {
    const ordered = records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
    const known: Known[] = [];
    for (const { partition, offset, cause, id } of ordered) {
      const origin = cause === null ? undefined : origins.get(cause);
      if (!origin) {
        strangers.push({ topic, partition, offset, cause });
        continue;
      }
      known.push({ topic, partition, offset, id, origin });
      places.set(origin.id, (places.get(origin.id) ?? new Set()).add(topic));
    }
    duplicates.push(...duplicatesOf(known, perEvent));
    swapped.push(...swappedOf(known));
  }
  const lost = [...origins.values()].filter(({ id }) => !places.has(id));
  const misrouted = [...places].flatMap(([id, topics]) => (topics.size > 1 ? [{ id, topics: [...topics] }] : []));
  const missing = [...generated].filter((id) => !origins.has(id));
  const flaws = [lost, duplicates, swapped, misrouted, strangers, missing];
  return {
    isFlawless: flaws.every((list) => list.length === 0),
    generated: origins.size,
    repeatedInSource: [...origins.values()].flatMap(({ id, times }) => (times > 1 ? [id] : [])),
    found: places.size,
    records: Object.fromEntries([...ended].map(([topic, records]) => [topic, records.length])),
    ...{ lost, duplicates, swapped, misrouted, strangers, missing },
  };
}

interface Origin extends SourceEvent {
  /** How often the id stands in the source: so often it may end. */
  readonly times: number;
}
interface Known extends Place {
  readonly id: string | null;
  readonly origin: Origin;
}

function originsOf(source: readonly SourceEvent[]): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const { id, partition, offset } of source) {
    const known = origins.get(id);
    const isFirst = !known || (known.partition === partition && offset < known.offset);
    origins.set(id, { ...(isFirst ? { id, partition, offset } : known), times: (known?.times ?? 0) + 1 });
  }
  return origins;
}

function duplicatesOf(known: readonly Known[], perEvent: Evidence['perEvent']): Duplicate[] {
  const seen = new Map<string, number>();
  return known.flatMap(({ topic, partition, offset, id, origin }) => {
    const key = perEvent === 'one' ? origin.id : `${origin.id}\n${id}`;
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    return times > origin.times ? [{ id: origin.id, topic, partition, offset }] : [];
  });
}

/** In each written partition the first records of the events of one source partition must ascend. */
function swappedOf(known: readonly Known[]): Swapped[] {
  const seen = new Set<string>();
  const furthest = new Map<string, number>();
  return known.flatMap(({ topic, partition, offset, origin }) => {
    const first = `${partition} ${origin.id}`;
    if (seen.has(first)) return [];
    seen.add(first);
    const pair = `${origin.partition} ${partition}`;
    const behindOffset = furthest.get(pair) ?? -1;
    furthest.set(pair, Math.max(behindOffset, origin.offset));
    if (origin.offset > behindOffset) return [];
    const [sourcePartition, sourceOffset] = [origin.partition, origin.offset];
    return [{ id: origin.id, topic, partition, offset, sourcePartition, sourceOffset, behindOffset }];
  });
}
