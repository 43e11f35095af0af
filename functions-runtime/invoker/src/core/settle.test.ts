// Whom an answer charges: a record that the function was not given has made no attempt (D6).
import { describe, expect, it } from 'vitest';
import type { RecordVerdict } from '#contract/answer.ts';
import { afterFailure, type FailedRecord } from './attempts.ts';
import { judge, type Rules } from './settle.ts';

const ok: RecordVerdict = { kind: 'ok', outputs: [] };
const failed: RecordVerdict = { kind: 'retry', reason: 'it threw' };
const notRun: RecordVerdict = { kind: 'retry', reason: 'not run', notRun: true };
const rejected: RecordVerdict = { kind: 'reject', reason: 'no' };

const rules: Rules = {
  retry: { maxAttempts: 3, initialBackoffMs: 10, maxBackoffMs: 100, maxAgeMs: 60_000 },
  onExhausted: 'DeadLetter',
  publishes: true,
  atMs: 1_000,
  chargeable: true,
};

const judged = (verdicts: readonly RecordVerdict[], history: readonly (FailedRecord | undefined)[] = []) => {
  const asked = verdicts.map((_, offset) => ({
    record: { offset, bytes: 1, timestampMs: 0, payload: null },
    history: history[offset],
  }));
  const { decided, charged, next } = judge(asked, { kind: 'verdicts', verdicts }, rules);
  return { decided: decided.map(({ record, how }) => `${record.offset} ${how}`), charged, next: next.kind };
};
const twice = afterFailure(afterFailure(undefined, 1), 2);

describe('D6 records that were not run', () => {
  it('are not charged when the one before them failed', () => {
    expect(judged([ok, failed, notRun, notRun])).toEqual({ decided: ['0 acked'], charged: [1], next: 'retry' });
  });

  it('are sent again at once, uncharged, when the one before them failed for the last time', () => {
    const histories = [undefined, twice, twice];
    expect(judged([ok, failed, notRun], histories)).toEqual({
      decided: ['0 acked', '1 dead-lettered'],
      charged: [],
      next: 'go-on',
    });
  });

  it('differ from those that were named', () => {
    expect(judged([failed, failed, ok])).toEqual({ decided: [], charged: [0, 1], next: 'retry' });
    expect(judged([rejected, ok])).toEqual({ decided: ['0 dead-lettered', '1 acked'], charged: [], next: 'go-on' });
  });
});
