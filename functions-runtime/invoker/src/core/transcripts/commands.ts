/** The commands of a transcript: lines of text that become events of the core. See `transcripts.test.ts` for the language. */
import type { CallAnswer, OutputEvent, RecordVerdict } from '#contract/answer.ts';
import type { CommitMetadata } from '#contract/commit-metadata.ts';
import type { ArrivedRecord, CoreEvent } from '../events.ts';
import type { CoreSettings } from '../settings.ts';

/** What the story has told so far: numbers in commands are looked up here. */
export interface Story {
  readonly atMs: number;
  /** Epoch under which a partition was gained last. */
  readonly epochs: ReadonlyMap<number, number>;
  /** Partition and epoch of each call and write. */
  readonly asked: ReadonlyMap<number, { readonly partition: number; readonly epoch: number; readonly records: number }>;
}

/** Unix time at which every story begins; its texts count from there. */
export const beginMs = 1_800_000_000_000;
const defaultRecordBytes = 100;

/** All times whole: jitter is at its upper end. */
export const transcriptSettings: CoreSettings = {
  batch: { maxRecords: 100, maxBytes: 1_000_000, maxWaitMs: 0 },
  maxBufferedBytes: 10_000_000,
  callTimeoutMs: 30_000,
  retry: { maxAttempts: 3, initialBackoffMs: 100, maxBackoffMs: 10_000, maxAgeMs: 3_600_000 },
  onExhausted: 'DeadLetter',
  patienceMs: 120_000,
  publishes: true,
  random: () => 1,
};

/** `settings maxRecords=3 onExhausted=Drop …`. */
export function parseSettings(text: string): CoreSettings {
  const given = new Map(text.split(/\s+/).map((pair) => pair.split('=') as [string, string]));
  const number = (name: string, otherwise: number): number => {
    const value = given.get(name);
    given.delete(name);
    if (value === undefined) return otherwise;
    return /[a-z]/.test(value) ? durationMs(value) : Number(value);
  };
  const d = transcriptSettings;
  const onExhausted = (given.get('onExhausted') ?? d.onExhausted) as CoreSettings['onExhausted'];
  given.delete('onExhausted');
  const settings: CoreSettings = {
    batch: {
      maxRecords: number('maxRecords', d.batch.maxRecords),
      maxBytes: number('maxBytes', d.batch.maxBytes),
      maxWaitMs: number('maxWait', d.batch.maxWaitMs),
    },
    maxBufferedBytes: number('buffer', d.maxBufferedBytes),
    callTimeoutMs: number('timeout', d.callTimeoutMs),
    retry: {
      maxAttempts: number('maxAttempts', d.retry.maxAttempts),
      initialBackoffMs: number('initialBackoff', d.retry.initialBackoffMs),
      maxBackoffMs: number('maxBackoff', d.retry.maxBackoffMs),
      maxAgeMs: number('maxAge', d.retry.maxAgeMs),
    },
    onExhausted,
    patienceMs: number('patience', d.patienceMs),
    publishes: number('publishes', 1) === 1,
    random: d.random,
  };
  if (given.size > 0) throw new Error(`unknown settings: ${[...given.keys()].join(' ')}`);
  return settings;
}

type Parse = (words: readonly string[], story: Story, line: string) => CoreEvent;

const commands: Readonly<Record<string, Parse>> = {
  gained: (words, { atMs }) => {
    const epoch = Number(after(words, 'epoch'));
    const topicId = words.includes('topic') ? after(words, 'topic') : 'topic-1';
    return {
      kind: 'gained',
      atMs,
      partition: partitionOf(words),
      epoch,
      topicId,
      position: Number(after(words, 'at')),
      memory: memoryOf(words, epoch - 1),
      unclean: words.includes('unclean'),
    };
  },
  arrived: (words, { atMs, epochs }) => {
    const partition = partitionOf(words);
    const bytes = words.includes('bytes') ? Number(after(words, 'bytes')) : defaultRecordBytes;
    const offsets = words[1] === 'none' ? [] : offsetsOf(words[1]!);
    const records = offsets.map((offset): ArrivedRecord => ({ offset, bytes, timestampMs: 0, payload: offset }));
    const nextPosition = words.includes('next') ? Number(after(words, 'next')) : offsets.at(-1)! + 1;
    return { kind: 'arrived', atMs, partition, epoch: epochOf(words, partition, epochs), records, nextPosition };
  },
  answer: (words, { atMs, asked }, line) => {
    const callId = Number(words[1]);
    const call = asked.get(callId);
    if (call === undefined) throw new Error(`there was no call ${callId}`);
    const { partition, epoch } = call;
    return {
      kind: 'answered',
      atMs,
      partition,
      epoch,
      callId,
      answer: answerOf(line.replace(/^answer call \d+\s+/, ''), call.records),
    };
  },
  written: (words, { atMs, asked }) => {
    const writeId = Number(words[0]);
    const { partition, epoch } = asked.get(writeId)!;
    const failed = words[1] === 'failed';
    const outcome = failed
      ? { kind: 'failed' as const, reason: words[2] ?? 'X', detail: 'told by Kafka' }
      : { kind: 'ok' as const };
    return { kind: 'written', atMs, partition, epoch, writeId, outcome };
  },
  committed: (words, { atMs, epochs }) => {
    const partition = partitionOf(words);
    const outcome = (words.find((word) => ['ok', 'refused', 'failed'].includes(word)) ?? 'ok') as 'ok';
    return {
      kind: 'committed',
      atMs,
      partition,
      epoch: epochOf(words, partition, epochs),
      offset: Number(words[1]),
      outcome,
    };
  },
  draining: (words, { atMs }) => ({
    kind: 'draining',
    atMs,
    partition: partitionOf(words),
    deadlineMs: atMs + durationMs(after(words, 'within')),
  }),
  lost: (words, { atMs }) => ({ kind: 'lost', atMs, partition: partitionOf(words) }),
  skip: (words, { atMs }) => wished('skip', words, atMs),
  retry: (words, { atMs }) => wished('retry', words, atMs),
  'function-available': (_, { atMs }) => ({ kind: 'function-available', atMs }),
};

function wished(wish: 'skip' | 'retry', words: readonly string[], atMs: number): CoreEvent {
  const nothing = { skip: [], retry: [] };
  return { kind: 'wished', atMs, partition: partitionOf(words), ...nothing, [wish]: words.slice(1).map(Number) };
}

export function parseCommand(line: string, story: Story): CoreEvent {
  const [name = '', ...words] = line.trim().split(/\s+/);
  const parse = commands[name];
  if (parse === undefined) throw new Error(`unknown command: ${line}`);
  return parse(words, story, line.trim());
}

export function durationMs(text: string): number {
  const found = /^(\d+)(ms|s|m|h)$/.exec(text);
  if (found === null) throw new Error(`not a duration: ${text}`);
  return Number(found[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[found[2] as 'ms' | 's' | 'm' | 'h'];
}

function answerOf(text: string, records: number): CallAnswer {
  const [kind = '', what = '', extra] = text.split(/\s+/);
  switch (kind) {
    case 'ok':
      return {
        kind: 'verdicts',
        verdicts: Array.from({ length: records }, () => verdictOf(what === '' ? 'ok' : `ok${what}`)),
      };
    case 'verdicts':
      return { kind: 'verdicts', verdicts: text.split(/\s+/).slice(1).flatMap(repeated) };
    case 'failed':
      return { kind: 'attempt-failed', failure: 'status', status: Number(what), detail: 'told by the function' };
    case 'timeout':
      return { kind: 'attempt-failed', failure: 'timeout', detail: 'no answer in time' };
    case 'rejected':
      return { kind: 'rejected', status: Number(what), detail: 'told by the function' };
    case 'refused':
      return { kind: 'refused', refusal: what as 'stale', detail: 'told by the host' };
    case 'unavailable': {
      const retryAfter = extra === undefined ? {} : { retryAfterMs: durationMs(extra) };
      return { kind: 'unavailable', cause: what as 'gateway', detail: 'told by the network', ...retryAfter };
    }
    default:
      throw new Error(`unknown answer: ${text}`);
  }
}

/** `ok*3` is three times `ok`. */
function repeated(word: string): RecordVerdict[] {
  const [verdict = '', times = '1'] = word.split('*');
  return Array.from({ length: Number(times) }, () => verdictOf(verdict));
}

/** `ok`, `ok+2` with two outputs, `retry`, `not-run`, `reject`. */
function verdictOf(word: string): RecordVerdict {
  if (word === 'retry' || word === 'reject') return { kind: word, reason: 'told by the function' };
  if (word === 'not-run') return { kind: 'retry', reason: 'not run', notRun: true };
  const found = /^ok(?:\+(\d+))?$/.exec(word);
  if (found === null) throw new Error(`unknown verdict: ${word}`);
  return { kind: 'ok', outputs: Array.from({ length: Number(found[1] ?? 0) }, (): OutputEvent => ({})) };
}

/** `attempts 5:2@100,7..9:1@0 settled 12..13,15`: as commits are told. */
function memoryOf(words: readonly string[], epoch: number): CommitMetadata | null {
  if (!words.includes('attempts') && !words.includes('settled')) return null;
  const attempts = words.includes('attempts') ? after(words, 'attempts').split(',') : [];
  const settled = words.includes('settled') ? after(words, 'settled').split(',') : [];
  return {
    epoch,
    topicId: 'topic-1',
    released: false,
    settledAbove: settled.map(rangeOf),
    attempts: attempts.map((text) => {
      const [offsets = '', count = '', firstFailure = ''] = text.split(/[:@]/);
      const [offset, through] = rangeOf(offsets);
      return {
        offset,
        ...(through > offset ? { through } : {}),
        attempts: Number(count),
        firstFailureMs: firstFailure === '-' ? 0 : beginMs + Number(firstFailure),
      };
    }),
  };
}

function rangeOf(text: string): [number, number] {
  const [first, last = first] = text.split('..').map(Number) as [number, number?];
  return [first, last];
}

function offsetsOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first, last] = rangeOf(part);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function after(words: readonly string[], name: string): string {
  const value = words[words.indexOf(name) + 1];
  if (!words.includes(name) || value === undefined) throw new Error(`${name} is missing in: ${words.join(' ')}`);
  return value;
}

function partitionOf(words: readonly string[]): number {
  const found = /^p(\d+)$/.exec(words[0] ?? '');
  if (found === null) throw new Error(`no partition in: ${words.join(' ')}`);
  return Number(found[1]);
}

function epochOf(words: readonly string[], partition: number, epochs: ReadonlyMap<number, number>): number {
  return words.includes('epoch') ? Number(after(words, 'epoch')) : (epochs.get(partition) ?? 0);
}
