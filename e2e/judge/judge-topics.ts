/** The judge on a broker: reads the source and every topic that its events may end in, and judges. */
import { identityOf } from './identity.ts';
import { type EndedEvent, type Evidence, judge, type SourceEvent, type Verdict } from './judge.ts';
import { readTopics } from './reader.ts';

export interface Case {
  readonly bootstrap: string;
  readonly source: string;
  /** Topics of the function's answers; their records name the source event as `causationid`. */
  readonly outputs: readonly string[];
  /** Its records are the source's own, untouched. */
  readonly deadLetter?: string;
  /** Default `one`. */
  readonly perEvent?: Evidence['perEvent'];
  /** Ids that the generator was acknowledged. */
  readonly generated?: Iterable<string>;
  readonly atMostMs?: number;
}

/** Rejects when a topic is missing or cannot be read in time, or when a source record is no CloudEvent. */
export async function judgeTopics(given: Case): Promise<Verdict> {
  const { bootstrap, source, outputs, deadLetter, perEvent = 'one', generated } = given;
  const ends = deadLetter === undefined ? outputs : [...outputs, deadLetter];
  const timing = given.atMostMs === undefined ? {} : { atMostMs: given.atMostMs };
  const read = await readTopics(
    { bootstrap, topics: [source, ...ends], ...timing },
    ({ partition, offset, message }) => {
      return { partition, offset, ...identityOf({ value: message.value, headers: message.headers ?? {} }) };
    },
  );
  const sourceEvents = (read.get(source) ?? []).map(({ id, partition, offset }): SourceEvent => {
    if (id === null) throw new Error(`${source}[${partition}]@${offset} is no CloudEvent: the judge needs its id`);
    return { id, partition, offset };
  });
  const endedIn = (topic: string): EndedEvent[] =>
    (read.get(topic) ?? []).map((record) => (topic === deadLetter ? { ...record, cause: record.id } : record));
  return judge({
    source: sourceEvents,
    ended: new Map(ends.map((topic) => [topic, endedIn(topic)])),
    perEvent,
    ...(generated === undefined ? {} : { generated }),
  });
}
