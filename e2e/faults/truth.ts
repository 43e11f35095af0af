/** What the broker holds at the end, read by a client that is none of ours: inputs, outputs, dead letters, and every commit there ever was. */
import { createHash } from 'node:crypto';
import type { Entry } from '../checker/history.ts';
import { type ReadRecord, readTopics } from '../judge/reader.ts';
import { loggedCommit, ownerOf } from './commit-log.ts';
import { expected, type RecordValue } from './record-classes.ts';

export interface TruthAsked {
  readonly bootstrap: string;
  readonly input: string;
  readonly output: string;
  readonly deadLetter: string;
  readonly group: string;
  readonly maxAttempts: number;
  /** True: records of aborted transactions are among the input. */
  readonly transactional: boolean;
}

const commitsTopic = '__consumer_offsets';

export async function readTruth(asked: TruthAsked): Promise<Entry[]> {
  const { bootstrap, input, output, deadLetter } = asked;
  const topics = [input, output, deadLetter, commitsTopic];
  const read = await readTopics({ bootstrap, topics }, (record) => record);
  const of = (topic: string): ReadRecord[] => read.get(topic) ?? [];
  const visible = new Set(of(input).map(placeOf));
  const uncommitted = asked.transactional
    ? ((await readTopics({ bootstrap, topics: [input], uncommitted: true }, (record) => record)).get(input) ?? [])
    : of(input);
  return [
    ...uncommitted.map((record) => inputOf(record, visible.has(placeOf(record)), asked.maxAttempts)),
    ...of(output).map(outputOf),
    ...of(deadLetter).map(letterOf),
    ...of(commitsTopic).flatMap((record) => commitOf(record, asked)),
  ];
}

const placeOf = ({ partition, offset }: ReadRecord): string => `${partition}/${offset}`;

function inputOf({ partition, offset, message }: ReadRecord, visible: boolean, maxAttempts: number): Entry {
  const value = JSON.parse(String(message.value)) as RecordValue;
  const { fate, outputs } = expected(value, maxAttempts);
  return { kind: 'input', partition, offset, visible, seq: value.seq, fate, outputs, digest: digestOf(message) };
}

function outputOf({ partition, offset, message }: ReadRecord): Entry {
  const header = headersOf(message);
  return {
    kind: 'output',
    partition,
    offset,
    appendedUnixMs: Number(message.timestamp),
    originPartition: Number(header('headrace-origin-partition')),
    originOffset: Number(header('headrace-origin-offset')),
    index: Number(header('headrace-output-index')),
  };
}

function letterOf({ offset, message }: ReadRecord): Entry {
  const header = headersOf(message);
  return {
    kind: 'dead-letter',
    offset,
    appendedUnixMs: Number(message.timestamp),
    originPartition: Number(header('headrace-origin-partition')),
    originOffset: Number(header('headrace-origin-offset')),
    digest: digestOf(message),
  };
}

function commitOf({ offset: order, message }: ReadRecord, { group, input }: TruthAsked): Entry[] {
  const commit = loggedCommit(message.key, message.value);
  if (commit === null || commit.group !== group || commit.topic !== input) return [];
  const { partition, offset, unixMs } = commit;
  const owner = ownerOf(commit.metadata);
  const by = owner === null ? { epoch: null, released: false } : owner;
  return [{ kind: 'commit', order, unixMs, partition, offset, ...by }];
}

function headersOf({ headers = {} }: ReadRecord['message']): (name: string) => string {
  return (name) => String(headers[name] ?? '');
}

/** Key and value. Timestamps are the broker's here, so that appends can be compared with commits. */
function digestOf({ key, value }: ReadRecord['message']): string {
  const hash = createHash('sha1');
  for (const part of [key, value]) hash.update(part === null ? 'null' : `${part.length}:`).update(part ?? '');
  return hash.digest('base64');
}
