// What each kind of answer means for one record and for a batch, row by row.
import { describe, expect, it } from 'vitest';
import type { CallAnswer, RecordVerdict } from '#contract/answer.ts';
import type { FailedRecord } from './attempts.ts';
import { type Asked, type Judgement, judge, moodOf, type Rules } from './settle.ts';

const atMs = 1_800_000_000_000;
const rules: Rules = {
  retry: { maxAttempts: 3, initialBackoffMs: 100, maxBackoffMs: 1000, maxAgeMs: 60_000 },
  onExhausted: 'DeadLetter',
  publishes: true,
  atMs,
  chargeable: true,
};

function asked(...histories: (Partial<FailedRecord> | undefined)[]): Asked[] {
  return histories.map((history, offset) => ({
    record: { offset, bytes: 100, timestampMs: 0, payload: null },
    history: history && { attempts: 1, firstFailureMs: atMs - 1000, lastFailureMs: atMs - 500, heldMs: 0, ...history },
  }));
}
const fresh = undefined;

const ok = (outputs = 0): RecordVerdict => ({ kind: 'ok', outputs: Array.from({ length: outputs }, () => ({})) });
const retry: RecordVerdict = { kind: 'retry', reason: 'later' };
const notRun: RecordVerdict = { kind: 'retry', reason: 'not run', notRun: true };
const reject: RecordVerdict = { kind: 'reject', reason: 'never' };
const verdicts = (...list: RecordVerdict[]): CallAnswer => ({ kind: 'verdicts', verdicts: list });
const failed: CallAnswer = { kind: 'attempt-failed', failure: 'status', status: 500, detail: 'oops' };
const timeout: CallAnswer = { kind: 'attempt-failed', failure: 'timeout', detail: '5000 ms' };
const rejected: CallAnswer = { kind: 'rejected', status: 422, detail: 'no' };
const refused = (refusal: Extract<CallAnswer, { kind: 'refused' }>['refusal']): CallAnswer => ({
  kind: 'refused',
  refusal,
  detail: 'host',
});
const unavailable = (
  cause: Extract<CallAnswer, { kind: 'unavailable' }>['cause'],
  retryAfterMs?: number,
): CallAnswer => ({
  kind: 'unavailable',
  cause,
  detail: 'net',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/** `0 acked, 1 dead-lettered | charged 2 | retry 1`. */
function brief({ decided, charged, next }: Judgement): string {
  const fates = decided.map(
    ({ record, how, outgoing }) =>
      `${record.offset} ${how}${how === 'acked' && outgoing.length > 0 ? `+${outgoing.length}` : ''}`,
  );
  const end =
    next.kind === 'retry'
      ? `retry size ${next.size}`
      : next.kind === 'fewer'
        ? `fewer ${next.size}`
        : next.kind === 'fewer-bytes'
          ? `fewer-bytes ${next.bytes}`
          : next.kind === 'wait'
            ? `wait ${next.why} ${next.retryAfterMs}`
            : next.kind;
  return [fates.join(', '), charged.length > 0 ? `charged ${charged.join(',')}` : '', end]
    .filter((part) => part !== '')
    .join(' | ');
}

interface Row {
  readonly what: string;
  readonly records: readonly Asked[];
  readonly answer: CallAnswer;
  readonly under?: Partial<Rules>;
  readonly means: string;
}

const verdictRows: Row[] = [
  { what: 'all ok', records: asked(fresh, fresh), answer: verdicts(ok(), ok(2)), means: '0 acked, 1 acked+2 | go-on' },
  {
    what: 'outputs without an output topic',
    records: asked(fresh),
    answer: verdicts(ok(2)),
    under: { publishes: false },
    means: '0 acked | go-on',
  },
  {
    what: 'reject first',
    records: asked(fresh, fresh),
    answer: verdicts(reject, ok(1)),
    means: '0 dead-lettered, 1 acked+1 | go-on',
  },
  {
    what: 'reject last',
    records: asked(fresh, fresh),
    answer: verdicts(ok(), reject),
    means: '0 acked, 1 dead-lettered | go-on',
  },
  {
    what: 'reject, Drop',
    records: asked(fresh, fresh),
    answer: verdicts(reject, ok()),
    under: { onExhausted: 'Drop' },
    means: '0 dropped, 1 acked | go-on',
  },
  {
    what: 'reject, Block',
    records: asked(fresh, fresh, fresh),
    answer: verdicts(ok(), reject, ok()),
    under: { onExhausted: 'Block' },
    means: '0 acked | block',
  },
  {
    what: 'retry first: everything behind waits',
    records: asked(fresh, fresh),
    answer: verdicts(retry, ok(1)),
    means: 'charged 0 | retry size Infinity',
  },
  {
    what: 'retry in the middle',
    records: asked(fresh, fresh, fresh),
    answer: verdicts(ok(), retry, ok()),
    means: '0 acked | charged 1 | retry size Infinity',
  },
  {
    what: 'several to retry: all of them are charged',
    records: asked(fresh, fresh, fresh),
    answer: verdicts(retry, ok(), retry),
    means: 'charged 0,2 | retry size Infinity',
  },
  {
    what: 'a reject behind a retry is not believed yet',
    records: asked(fresh, fresh),
    answer: verdicts(retry, reject),
    means: 'charged 0 | retry size Infinity',
  },
  {
    what: 'the last attempt: decided, and those behind it stand',
    records: asked({ attempts: 2 }, fresh),
    answer: verdicts(retry, ok(1)),
    means: '0 dead-lettered, 1 acked+1 | go-on',
  },
  {
    what: 'the last attempt, then one to retry',
    records: asked({ attempts: 2 }, fresh),
    answer: verdicts(retry, retry),
    means: '0 dead-lettered | charged 1 | retry size Infinity',
  },
  {
    what: 'the last attempt, Block',
    records: asked({ attempts: 2 }, fresh),
    answer: verdicts(retry, retry),
    under: { onExhausted: 'Block' },
    means: 'charged 0,1 | block',
  },
  {
    what: 'too old',
    records: asked({ firstFailureMs: atMs - 60_000 }),
    answer: verdicts(retry),
    means: '0 dead-lettered | go-on',
  },
  {
    what: 'too old, but its age stood still',
    records: asked({ firstFailureMs: atMs - 60_000, heldMs: 1 }),
    answer: verdicts(retry),
    means: 'charged 0 | retry size Infinity',
  },
  {
    what: 'unclean take-overs only: the age has not begun',
    records: asked({ firstFailureMs: 0 }),
    answer: verdicts(retry),
    means: 'charged 0 | retry size Infinity',
  },
  {
    what: 'the circuit is open',
    records: asked({ attempts: 2 }, fresh),
    answer: verdicts(retry, retry),
    under: { chargeable: false },
    means: 'unwell',
  },
  {
    what: 'not run behind a failure: not charged',
    records: asked(fresh, fresh, fresh, fresh),
    answer: verdicts(ok(), retry, notRun, notRun),
    means: '0 acked | charged 1 | retry size Infinity',
  },
  {
    what: 'not run behind a last attempt: again at once',
    records: asked(fresh, { attempts: 2 }, { attempts: 2 }),
    answer: verdicts(ok(), retry, notRun),
    means: '0 acked, 1 dead-lettered | go-on',
  },
  {
    what: 'not run without a failure before it: waits, or it would be asked without end',
    records: asked(fresh, fresh),
    answer: verdicts(notRun, notRun),
    means: 'wait host 0',
  },
];

const failureRows: Row[] = [
  { what: 'one record, 500', records: asked(fresh), answer: failed, means: 'charged 0 | retry size 1' },
  { what: 'one record, time-out', records: asked({ attempts: 1 }), answer: timeout, means: 'charged 0 | retry size 1' },
  {
    what: 'a batch is halved',
    records: asked(fresh, fresh, fresh, fresh, fresh),
    answer: failed,
    means: 'charged 0,1,2,3,4 | retry size 2',
  },
  {
    what: 'a batch at its last attempt is not guilty',
    records: asked({ attempts: 2 }, { attempts: 2 }),
    answer: failed,
    means: 'charged 0,1 | retry size 1',
  },
  {
    what: 'a batch that is too old goes singly',
    records: asked({ firstFailureMs: 1 }, fresh, fresh, fresh),
    answer: failed,
    means: 'charged 0,1,2,3 | retry size 1',
  },
  {
    what: 'alone at its last attempt',
    records: asked({ attempts: 2 }),
    answer: failed,
    means: '0 dead-lettered | go-on',
  },
  {
    what: 'alone at its last attempt, Drop',
    records: asked({ attempts: 2 }),
    answer: failed,
    under: { onExhausted: 'Drop' },
    means: '0 dropped | go-on',
  },
  {
    what: 'alone at its last attempt, Block',
    records: asked({ attempts: 2 }),
    answer: failed,
    under: { onExhausted: 'Block' },
    means: 'charged 0 | block',
  },
  {
    what: 'alone and too old',
    records: asked({ firstFailureMs: atMs - 60_000 }),
    answer: failed,
    means: '0 dead-lettered | go-on',
  },
  {
    what: 'the circuit is open, alone',
    records: asked({ attempts: 2 }),
    answer: failed,
    under: { chargeable: false },
    means: 'unwell',
  },
  {
    what: 'the circuit is open, a batch',
    records: asked(fresh, fresh),
    answer: failed,
    under: { chargeable: false },
    means: 'unwell',
  },
];

const otherRows: Row[] = [
  {
    what: '4xx for a batch: searched, not charged',
    records: asked(fresh, fresh, fresh),
    answer: rejected,
    means: 'fewer 1',
  },
  { what: '4xx alone', records: asked(fresh), answer: rejected, means: '0 dead-lettered | go-on' },
  {
    what: '4xx alone, Drop',
    records: asked(fresh),
    answer: rejected,
    under: { onExhausted: 'Drop' },
    means: '0 dropped | go-on',
  },
  {
    what: '4xx alone, Block',
    records: asked(fresh),
    answer: rejected,
    under: { onExhausted: 'Block' },
    means: 'block',
  },
  { what: 'stale', records: asked(fresh), answer: refused('stale'), means: 'stand-down' },
  { what: 'late', records: asked({ attempts: 2 }), answer: refused('late'), means: 'wait host 0' },
  { what: 'busy', records: asked({ attempts: 2 }), answer: refused('busy'), means: 'wait host 0' },
  { what: 'unauthorized', records: asked({ attempts: 2 }), answer: refused('unauthorized'), means: 'unauthorized' },
  {
    what: 'too large, a batch',
    records: asked(fresh, fresh, fresh),
    answer: refused('too-large'),
    means: 'fewer-bytes 150',
  },
  { what: 'too large, alone', records: asked(fresh), answer: refused('too-large'), means: '0 dead-lettered | go-on' },
  {
    what: 'no ready pod',
    records: asked({ attempts: 2 }),
    answer: unavailable('no-ready-pod'),
    means: 'wait function-away 0',
  },
  {
    what: 'connection refused',
    records: asked({ attempts: 2 }),
    answer: unavailable('connection-refused'),
    means: 'wait function-away 0',
  },
  {
    what: 'gateway',
    records: asked({ attempts: 2 }),
    answer: unavailable('gateway', 70),
    means: 'wait function-away 70',
  },
  {
    what: 'overloaded',
    records: asked({ attempts: 2 }),
    answer: unavailable('overloaded', 7000),
    means: 'wait function-busy 7000',
  },
];

function check({ records, answer, under, means }: Row): void {
  expect(brief(judge(records, answer, { ...rules, ...under }))).toBe(means);
}

describe('verdicts on records (P1, P3)', () => it.each(verdictRows)('$what', check));
describe('failed attempts (D6)', () => it.each(failureRows)('$what', check));
describe('refusals and absence: not the records’ fault', () => it.each(otherRows)('$what', check));

describe('a dead letter', () => {
  it.each<[string, CallAnswer, FailedRecord | undefined, object]>([
    [
      'of a last attempt',
      failed,
      { attempts: 2, firstFailureMs: 5, lastFailureMs: 9, heldMs: 0 },
      { code: '500', reason: 'status: oops', attempts: 3, firstFailureMs: 5, lastFailureMs: atMs },
    ],
    [
      'of a time-out',
      timeout,
      { attempts: 2, firstFailureMs: 5, lastFailureMs: 9, heldMs: 0 },
      { code: 'timeout', reason: 'timeout: 5000 ms', attempts: 3 },
    ],
    [
      'of a 422',
      rejected,
      undefined,
      { code: '422', reason: '422: no', attempts: 1, firstFailureMs: atMs, lastFailureMs: atMs },
    ],
    ['of a reject', verdicts(reject), undefined, { code: 'reject', reason: 'never', attempts: 1 }],
    [
      'of a named retry',
      verdicts(retry),
      { attempts: 2, firstFailureMs: 5, lastFailureMs: 9, heldMs: 0 },
      { code: 'retry', reason: 'later', attempts: 3 },
    ],
    ['of what is too large', refused('too-large'), undefined, { code: '413', reason: 'too large: host', attempts: 1 }],
  ])('%s tells code, reason, attempts and times', (_, answer, history, told) => {
    const { decided } = judge(asked(history), answer, rules);
    expect(decided[0]?.outgoing).toMatchObject([{ kind: 'dead-letter', ...told }]);
    expect(decided[0]?.outgoing[0]?.source.offset).toBe(0);
  });

  it('names those whom it condemned for failing too often, with the failure before', () => {
    expect(judge(asked({ attempts: 2 }), failed, rules).condemned).toEqual([
      { offset: 0, firstFailureMs: atMs - 1000, failedBeforeMs: atMs - 500 },
    ]);
    expect(judge(asked(fresh), rejected, rules).condemned).toEqual([]);
    const one = { ...rules, retry: { ...rules.retry, maxAttempts: 1 } };
    expect(judge(asked(fresh), failed, one).condemned).toEqual([
      { offset: 0, firstFailureMs: atMs, failedBeforeMs: Number.POSITIVE_INFINITY },
    ]);
  });
});

describe('what an answer says of the function', () => {
  it.each<[CallAnswer, ReturnType<typeof moodOf>]>([
    [verdicts(ok()), 'well'],
    [verdicts(retry, ok()), 'well'],
    [verdicts(reject), 'well'],
    [verdicts(retry, retry), 'failing'],
    [verdicts(retry, notRun), 'failing'],
    [failed, 'failing'],
    [timeout, 'failing'],
    [rejected, 'well'],
    [refused('busy'), 'untold'],
    [refused('too-large'), 'untold'],
    [unavailable('gateway'), 'untold'],
  ])('%j: %s', (answer, mood) => expect(moodOf(answer)).toBe(mood));
});
