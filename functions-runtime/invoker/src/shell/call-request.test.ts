/** Requests of calls: what travels in headers and body, and where verdicts on records that are not sent go. */
import { describe, expect, it } from 'vitest';
import { decodeAnswer } from '#contract/answer-decode.ts';
import type { InvokerContract } from '#contract/invoker-contract.ts';
import { Arrival } from './arrivals.ts';
import { type CallEffect, planCall, wholeAnswer } from './call-request.ts';

const contract = (change: { kind?: 'Host' | 'Container'; maxRecords?: number; format?: 'Auto' | 'Json' } = {}) =>
  ({
    binding: { namespace: 'shop', name: 'bids', uid: 'u' },
    function: { kind: change.kind ?? 'Host' },
    source: { topic: 't', format: change.format ?? 'Auto' },
    batch: { maxRecords: change.maxRecords ?? 100 },
  }) as InvokerContract;

function call(values: readonly string[], offsets: readonly number[], format: 'Auto' | 'Json' = 'Auto'): CallEffect {
  const records = values.map((value, index) => {
    const fetched = { offset: offsets[index]!, timestampMs: 0, key: null, value: Buffer.from(value), headers: [] };
    return new Arrival(fetched, { topic: 't', partition: 3, format });
  });
  return { kind: 'call', callId: 1, partition: 3, epoch: 7, topicId: 'id', records, attempt: 2, deadlineMs: 0 };
}

describe('the request of a call', () => {
  it('has position, attempt, epoch and deadline in headers and nothing of them in the events', () => {
    const { request } = planCall(call(['1', '2'], [8, 9]), contract(), 1234);
    expect(request?.headers).toEqual({
      'content-type': 'application/cloudevents-batch+json',
      'headrace-binding': 'shop/bids',
      'headrace-topic': 't',
      'headrace-partition': '3',
      'headrace-offsets': '8-9',
      'headrace-epoch': '7',
      'headrace-attempt': '2',
      'headrace-deadline': '1234',
      'idempotency-key': 'id/3/8-9',
    });
    expect(request?.eventIds).toEqual(['t/3/8', 't/3/9']);
    expect(JSON.parse(String(request?.body)).map(({ data }: { data: unknown }) => data)).toEqual([1, 2]);
  });

  it.each([
    [[4, 5, 6, 8, 10, 11], '4-6,8,10-11'],
    [[4], '4'],
    [Array.from({ length: 3000 }, (_, index) => 10 + index * 2), '10,...,6008'],
  ])('names its offsets %#', (offsets, text) => {
    const { request } = planCall(call(offsets.map(String), offsets), contract(), 0);
    expect(request?.headers['headrace-offsets']).toBe(text);
  });

  it('is in binary mode for a container that takes one record a call, else a batch', () => {
    const single = planCall(call(['{"a":1}'], [8]), contract({ kind: 'Container', maxRecords: 1 }), 0).request;
    expect(single?.headers).toMatchObject({ 'ce-id': 't/3/8', 'content-type': 'application/json' });
    expect(String(single?.body)).toBe('{"a":1}');
    for (const other of [contract({ kind: 'Container' }), contract({ maxRecords: 1 })]) {
      const { request } = planCall(call(['1'], [8]), other, 0);
      expect(request?.headers['content-type']).toBe('application/cloudevents-batch+json');
    }
  });
});

describe('records that do not fit the declared format', () => {
  const plan = (values: readonly string[]) => {
    const offsets = values.map((_, index) => index);
    return planCall(call(values, offsets, 'Json'), contract({ format: 'Json' }), 0);
  };
  const ok = { kind: 'ok', outputs: [] };
  const reject = { kind: 'reject', reason: expect.stringContaining('does not fit format Json') };

  it('are not sent, and rejected in their places', () => {
    const planned = plan(['{', '1', '}', '2']);
    expect(planned.request?.headers['headrace-offsets']).toBe('1,3');
    const answer = decodeAnswer({ status: 204, headers: {}, body: Buffer.alloc(0) }, { eventIds: ['a', 'b'], atMs: 0 });
    expect(wholeAnswer(answer, planned, 4)).toEqual({ kind: 'verdicts', verdicts: [reject, ok, reject, ok] });
  });
  it('alone: nothing is sent', () => {
    const planned = plan(['{', '}']);
    expect(planned.request).toBeNull();
    const answer = wholeAnswer({ kind: 'verdicts', verdicts: [] }, planned, 2);
    expect(answer).toEqual({ kind: 'verdicts', verdicts: [reject, reject] });
  });
  it('do not change what is said about the whole call', () => {
    const answer = { kind: 'unavailable', cause: 'overloaded', detail: '' } as const;
    expect(wholeAnswer(answer, plan(['{', '1']), 2)).toBe(answer);
  });
});
