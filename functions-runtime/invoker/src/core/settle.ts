/** What an answer means for the records of its call: who is decided, who is charged, and what the lane does next. Pure: one answer in, one judgement out. */
import type { CallAnswer, RecordVerdict } from '#contract/answer.ts';
import { afterFailure, type FailedRecord } from './attempts.ts';
import type { ArrivedRecord, OutgoingRecord } from './events.ts';
import type { Decided } from './lanes.ts';
import type { CoreSettings } from './settings.ts';

export interface Asked {
  readonly record: ArrivedRecord;
  /** Its failures before this call. */
  readonly history: FailedRecord | undefined;
}

export interface Rules extends Pick<CoreSettings, 'retry' | 'onExhausted' | 'publishes'> {
  readonly atMs: number;
  /** False while the circuit is open and patient: failures are the function's, no attempt. */
  readonly chargeable: boolean;
}

export interface Judgement {
  /** The fate of the first records of the call, in order. */
  readonly decided: readonly Decided[];
  /** Offsets of records whose attempt failed. */
  readonly charged: readonly number[];
  /** Offsets of records that failed without being charged: only the times are remembered. */
  readonly spared: readonly number[];
  /** Records declared guilty because they may not fail again. */
  readonly condemned: readonly Condemned[];
  readonly next: Next;
}

export interface Condemned {
  readonly offset: number;
  readonly firstFailureMs: number;
  /** Of its failure before this one; infinite: there was none. */
  readonly failedBeforeMs: number;
}

export type Next =
  | { readonly kind: 'go-on' }
  /** The first undecided record failed: hold the lane for its backoff, then call at most `size` records. */
  | { readonly kind: 'retry'; readonly failed: FailedRecord; readonly reason: string; readonly size: number }
  /** It failed, but the circuit is open and patient. */
  | { readonly kind: 'unwell' }
  /** The same records in smaller calls, at once. */
  | { readonly kind: 'fewer'; readonly size: number }
  | { readonly kind: 'fewer-bytes'; readonly bytes: number }
  | {
      readonly kind: 'wait';
      readonly why: 'function-away' | 'function-busy' | 'host';
      readonly detail: string;
      readonly retryAfterMs: number;
    }
  | { readonly kind: 'unauthorized'; readonly detail: string }
  /** `onExhausted: Block`: the lane stops before the first undecided record. */
  | { readonly kind: 'block'; readonly reason: string }
  | { readonly kind: 'stand-down' };

interface Fault {
  readonly reason: string;
  readonly code: string;
  readonly failed: FailedRecord;
}

/** What the answer says of the function itself: it works, it fails at everything, or nothing. */
export function moodOf(answer: CallAnswer): 'well' | 'failing' | 'untold' {
  switch (answer.kind) {
    case 'verdicts':
      return answer.verdicts.every(({ kind }) => kind === 'retry') ? 'failing' : 'well';
    case 'attempt-failed':
      return 'failing';
    case 'rejected':
      return 'well';
    case 'refused':
    case 'unavailable':
      return 'untold';
  }
}

/** What a failing function said. */
export function failureOf(answer: CallAnswer): string {
  if (answer.kind === 'attempt-failed') return `${answer.failure}: ${answer.detail}`;
  const first = answer.kind === 'verdicts' ? answer.verdicts.find(({ kind }) => kind === 'retry') : undefined;
  return first?.kind === 'retry' ? first.reason : answer.kind;
}

export function judge(asked: readonly Asked[], answer: CallAnswer, rules: Rules): Judgement {
  switch (answer.kind) {
    case 'verdicts':
      return judgeVerdicts(asked, answer.verdicts, rules);
    case 'attempt-failed': {
      const code = answer.status === undefined ? answer.failure : String(answer.status);
      return judgeFailure(asked, { code, reason: `${answer.failure}: ${answer.detail}` }, rules);
    }
    case 'rejected':
      return judgeRejection(asked, `${answer.status}: ${answer.detail}`, String(answer.status), rules);
    case 'refused':
      return judgeRefusal(asked, answer.refusal, answer.detail, rules);
    case 'unavailable': {
      const why = answer.cause === 'overloaded' ? 'function-busy' : 'function-away';
      const detail = `${answer.cause}: ${answer.detail}`;
      return undecided({ kind: 'wait', why, detail, retryAfterMs: answer.retryAfterMs ?? 0 });
    }
  }
}

/**
 * In input order up to the first record that is to be retried: from there on the call counts as not made, also for later records that came back ok.
 * They are sent again behind it. So (1) what the function did for record i, at last, it did before what it did at last for i+1: an upsert by a
 * retried record never overwrites that of a later one; (2) outputs keep the order of their inputs without being held back (P3); (3) functions that
 * stop at the first failure and name only that one, as is usual for streams with `batchItemFailures`, lose nothing (D1). The price is one repeated
 * call for those behind. A record that is named and may not fail again is decided there and then, and the ones behind it stand.
 */
function judgeVerdicts(asked: readonly Asked[], verdicts: readonly RecordVerdict[], rules: Rules): Judgement {
  const decided: Decided[] = [];
  const condemned: Condemned[] = [];
  const judgement = (charged: readonly number[], next: Next): Judgement => ({
    ...{ decided, charged, spared: [], condemned, next },
  });
  for (const [index, { record, history }] of asked.entries()) {
    const verdict = verdicts[index]!;
    if (verdict.kind === 'ok') {
      decided.push(acked(record, verdict, rules));
      continue;
    }
    // The function was not given it, nor those behind it: no attempt. There is a failure before it, which was decided, so they go again at once.
    if (verdict.kind === 'retry' && verdict.notRun === true) {
      const next: Next =
        index > 0 ? { kind: 'go-on' } : { kind: 'wait', why: 'host', detail: verdict.reason, retryAfterMs: 0 };
      return judgement([], next);
    }
    const failed = afterFailure(history, rules.atMs);
    if (verdict.kind === 'retry' && !rules.chargeable)
      return { ...judgement([], { kind: 'unwell' }), spared: namedToRetry(asked, verdicts, index) };
    if (verdict.kind === 'retry' && !isExhausted(failed, rules)) {
      const charged = namedToRetry(asked, verdicts, index);
      const next: Next = { kind: 'retry', failed, reason: verdict.reason, size: Number.POSITIVE_INFINITY };
      return judgement(charged, next);
    }
    if (verdict.kind === 'retry') condemned.push(condemnedOf(record, failed, history));
    const fault = { reason: verdict.reason, code: verdict.kind, failed };
    const fate = fateOf(record, fault, rules);
    if (fate === null) {
      const charged = verdict.kind === 'retry' ? namedToRetry(asked, verdicts, index) : [];
      return judgement(charged, { kind: 'block', reason: verdict.reason });
    }
    decided.push(fate);
  }
  return judgement([], { kind: 'go-on' });
}

/** Whoever was named failed an attempt, also behind the first: else a record behind many failing ones would be called without end. */
function namedToRetry(asked: readonly Asked[], verdicts: readonly RecordVerdict[], from: number): number[] {
  return asked.filter((_, index) => index >= from && isFailure(verdicts[index]!)).map(({ record }) => record.offset);
}

const isFailure = (verdict: RecordVerdict): boolean => verdict.kind === 'retry' && verdict.notRun !== true;

/** Nobody was named: a batch is made smaller until one record fails alone. */
function judgeFailure(asked: readonly Asked[], cause: Omit<Fault, 'failed'>, rules: Rules): Judgement {
  const charged = asked.map(({ record }) => record.offset);
  if (!rules.chargeable) return { ...undecided({ kind: 'unwell' }), spared: charged };
  const after = asked.map(({ history }) => afterFailure(history, rules.atMs));
  const failed = after[0]!;
  if (asked.length > 1) {
    const tooOld = after.some((each) => isTooOld(each, rules));
    const size = tooOld ? 1 : Math.floor(asked.length / 2);
    return { ...undecided({ kind: 'retry', failed, reason: cause.reason, size }), charged };
  }
  const [{ record, history }] = asked as [Asked];
  if (!isExhausted(failed, rules)) {
    return { ...undecided({ kind: 'retry', failed, reason: cause.reason, size: 1 }), charged };
  }
  const condemned = [condemnedOf(record, failed, history)];
  const fate = fateOf(record, { ...cause, failed }, rules);
  if (fate === null) return { ...undecided({ kind: 'block', reason: cause.reason }), charged, condemned };
  return { ...undecided({ kind: 'go-on' }), decided: [fate], condemned };
}

/** A judgement, not a failed attempt: nothing is charged and nobody waits while the batch is searched for the one that is refused alone. */
function judgeRejection(asked: readonly Asked[], reason: string, code: string, rules: Rules): Judgement {
  if (asked.length > 1) return undecided({ kind: 'fewer', size: Math.floor(asked.length / 2) });
  const [{ record, history }] = asked as [Asked];
  const fate = fateOf(record, { reason, code, failed: afterFailure(history, rules.atMs) }, rules);
  if (fate === null) return undecided({ kind: 'block', reason });
  return { ...undecided({ kind: 'go-on' }), decided: [fate] };
}

function judgeRefusal(
  asked: readonly Asked[],
  refusal: Extract<CallAnswer, { kind: 'refused' }>['refusal'],
  detail: string,
  rules: Rules,
): Judgement {
  switch (refusal) {
    case 'stale':
      return undecided({ kind: 'stand-down' });
    case 'late':
    case 'busy':
      return undecided({ kind: 'wait', why: 'host', detail: `${refusal}: ${detail}`, retryAfterMs: 0 });
    case 'unauthorized':
      return undecided({ kind: 'unauthorized', detail });
    case 'too-large': {
      if (asked.length === 1) return judgeRejection(asked, `too large: ${detail}`, '413', rules);
      const bytes = asked.reduce((sum, { record }) => sum + record.bytes, 0);
      return undecided({ kind: 'fewer-bytes', bytes: Math.floor(bytes / 2) });
    }
  }
}

function undecided(next: Next): Judgement {
  return { decided: [], charged: [], spared: [], condemned: [], next };
}

function acked(record: ArrivedRecord, { outputs }: Extract<RecordVerdict, { kind: 'ok' }>, rules: Rules): Decided {
  const outgoing = rules.publishes
    ? outputs.map((event, index): OutgoingRecord => ({ kind: 'output', source: record, event, index }))
    : [];
  return { record, how: 'acked', outgoing };
}

/** What becomes of a guilty record; null: the lane stops at it. */
export function fateOf(
  record: ArrivedRecord,
  fault: Fault,
  { onExhausted }: Pick<Rules, 'onExhausted'>,
): Decided | null {
  switch (onExhausted) {
    case 'DeadLetter': {
      const { attempts, firstFailureMs, lastFailureMs } = fault.failed;
      const { reason, code } = fault;
      const letter = { source: record, reason, code, attempts, firstFailureMs, lastFailureMs };
      return { record, how: 'dead-lettered', outgoing: [{ kind: 'dead-letter', ...letter }] };
    }
    case 'Drop':
      return { record, how: 'dropped', outgoing: [] };
    case 'Block':
      return null;
  }
}

function isExhausted(failed: FailedRecord, rules: Rules): boolean {
  return failed.attempts >= rules.retry.maxAttempts || isTooOld(failed, rules);
}

function isTooOld({ firstFailureMs, heldMs }: FailedRecord, { atMs, retry }: Rules): boolean {
  return atMs - firstFailureMs - heldMs >= retry.maxAgeMs;
}

function condemnedOf(
  { offset }: ArrivedRecord,
  { firstFailureMs }: FailedRecord,
  history: FailedRecord | undefined,
): Condemned {
  return { offset, firstFailureMs, failedBeforeMs: history?.lastFailureMs ?? Number.POSITIVE_INFINITY };
}
