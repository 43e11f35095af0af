/** A row for every status, refusal and kind of body: what each means for the records of the call. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallAnswer } from './answer.ts';
import { decodeAnswer, waitedMs } from './answer-decode.ts';
import type { HttpAnswer } from './answer-verdicts.ts';
import { resultContentType } from './call.ts';

const atMs = Date.parse('2026-11-21T12:00:00Z');
const ok = { kind: 'ok', outputs: [] };

function decode(
  status: number,
  headers: HttpAnswer['headers'] = {},
  body: unknown = '',
  eventIds: readonly string[] = ['a', 'b'],
): CallAnswer {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return decodeAnswer({ status, headers, body: Buffer.from(text as string) }, { eventIds, atMs });
}
const typed = (contentType: string, body: unknown, eventIds?: readonly string[]): CallAnswer =>
  decode(200, { 'content-type': contentType }, body, eventIds);

describe('statuses', () => {
  const attempts = [100, 101, 199, 300, 301, 302, 304, 307, 404, 408, 409, 500, 501, 505, 508, 511, 599, 600, 999];
  const rejected = [
    400, 402, 405, 406, 407, 410, 411, 412, 414, 415, 416, 417, 418, 421, 422, 424, 425, 426, 428, 431, 451, 499,
  ];
  const refusals: [number, string][] = [
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [413, 'too-large'],
    [423, 'busy'],
  ];
  const away: [number, string][] = [
    [429, 'overloaded'],
    [503, 'overloaded'],
    [502, 'gateway'],
    [504, 'gateway'],
  ];

  it.each([200, 201, 202, 203, 204, 205, 206, 226, 299])('%d with nothing acknowledges all', (status) => {
    expect(decode(status)).toEqual({ kind: 'verdicts', verdicts: [ok, ok] });
  });
  it.each(attempts)('%d is a failed attempt', (status) => {
    expect(decode(status)).toEqual({ kind: 'attempt-failed', failure: 'status', status, detail: `status ${status}` });
  });
  it.each(rejected)('%d is a rejection', (status) => {
    expect(decode(status, {}, 'why')).toEqual({ kind: 'rejected', status, detail: `status ${status}: why` });
  });
  it.each(refusals)('%d is a refusal: %s', (status, refusal) => {
    expect(decode(status)).toEqual({ kind: 'refused', refusal, detail: `status ${status}` });
  });
  it.each(away)('%d means that the function is not well: %s', (status, cause) => {
    expect(decode(status)).toEqual({ kind: 'unavailable', cause, detail: `status ${status}` });
  });
  it('every status has exactly one row', () => {
    const rows = new Set([...attempts, ...rejected, ...refusals.map(([s]) => s), ...away.map(([s]) => s)]);
    for (let status = 400; status <= 499; status += 1) {
      const expected = rows.has(status) ? decode(status).kind : 'rejected';
      expect(decode(status).kind, String(status)).toBe(expected);
    }
  });
});

describe('refusals by header', () => {
  it.each([
    [409, 'stale'],
    [408, 'late'],
    [423, 'busy'],
    [401, 'unauthorized'],
    [413, 'too-large'],
    [500, 'busy'],
  ])('%d %s', (status, refusal) => {
    expect(decode(status, { 'headrace-refused': refusal })).toMatchObject({ kind: 'refused', refusal });
  });
  it('an unknown refusal counts by its status', () => {
    expect(decode(409, { 'headrace-refused': 'toString' })).toMatchObject({
      kind: 'attempt-failed',
      failure: 'status',
    });
  });
  it('a refusal together with success contradicts itself', () => {
    expect(decode(200, { 'headrace-refused': 'stale' })).toMatchObject({
      kind: 'attempt-failed',
      failure: 'bad-answer',
    });
  });
});

describe('Retry-After', () => {
  it.each<[string | string[], number | undefined]>([
    ['7', 7000],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['9999999999', 3_600_000],
    ['0', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['99999999999999', undefined],
    ['Sat, 21 Nov 2020 12:00:30 GMT', undefined],
    ['soon', undefined],
    ['', undefined],
    [['1', '2'], undefined],
  ])('%j', (text, expected) => {
    const answer = decode(503, { 'retry-after': text });
    expect(answer.kind === 'unavailable' ? answer.retryAfterMs : 'wrong kind').toBe(expected);
  });
});

describe('the wait for a slot', () => {
  it.each<[string | string[] | undefined, number]>([
    [undefined, 0],
    ['12', 12],
    ['100000', 80],
    ['-1', 0],
    ['1.5', 0],
    ['soon', 0],
    [['1', '2'], 0],
  ])('%j', (text, expected) => {
    expect(waitedMs({ status: 204, headers: { 'headrace-waited': text }, body: Buffer.alloc(0) }, 80)).toBe(expected);
  });
});

const event = (id: string, more: object = {}) => ({ specversion: '1.0', id, source: '/f', type: 't', ...more });

describe('the result document', () => {
  const results = (list: unknown, ids?: readonly string[]) => typed(resultContentType, { results: list }, ids);
  it('gives one verdict per event', () => {
    const list = [
      { status: 'ok', outputs: [event('x')] },
      { status: 'retry', reason: 'later' },
      { status: 'reject', reason: 'bad' },
    ];
    expect(results(list, ['a', 'b', 'c'])).toEqual({
      kind: 'verdicts',
      verdicts: [
        { kind: 'ok', outputs: [event('x')] },
        { kind: 'retry', reason: 'later' },
        { kind: 'reject', reason: 'bad' },
      ],
    });
  });
  it('tells events that were not run from those that failed', () => {
    const list = [{ status: 'ok' }, { status: 'retry', reason: 'later' }, { status: 'not-run' }];
    expect(results(list, ['a', 'b', 'c'])).toEqual({
      kind: 'verdicts',
      verdicts: [
        { kind: 'ok', outputs: [] },
        { kind: 'retry', reason: 'later' },
        { kind: 'retry', reason: 'not run: an event before it failed', notRun: true },
      ],
    });
  });
  it.each<[string, unknown]>([
    ['too few', [{ status: 'ok' }]],
    ['too many', [{ status: 'ok' }, { status: 'ok' }, { status: 'ok' }]],
    ['no list', {}],
    ['null', null],
    ['a null result', [null, { status: 'ok' }]],
    ['unknown status', [{ status: 'done' }, { status: 'ok' }]],
    ['status of a prototype', [{ status: 'constructor' }, { status: 'ok' }]],
    ['outputs no list', [{ status: 'ok', outputs: {} }, { status: 'ok' }]],
    ['output incomplete', [{ status: 'ok', outputs: [{ ...event('x'), type: '' }] }, { status: 'ok' }]],
    ['output of an old version', [{ status: 'ok', outputs: [event('x', { specversion: '0.3' })] }, { status: 'ok' }]],
    ['output with broken Base64', [{ status: 'ok', outputs: [event('x', { data_base64: '*' })] }, { status: 'ok' }]],
    ['not run without a failure before it', [{ status: 'not-run' }, { status: 'retry' }]],
    ['not run behind a rejection', [{ status: 'reject' }, { status: 'not-run' }]],
    ['outputs of an event that was not run', [{ status: 'retry' }, { status: 'not-run', outputs: [event('x')] }]],
    ['outputs of a rejected event', [{ status: 'reject', outputs: [event('x')] }, { status: 'ok' }]],
  ])('%s: a failed attempt', (_name, list) => {
    expect(results(list)).toMatchObject({ kind: 'attempt-failed', failure: 'bad-answer', status: 200 });
  });
  it.each(['', '{', 'null', '[]', Buffer.from([0xff])])('declared but %j', (body) => {
    const answer = typed(resultContentType, body);
    expect(answer).toMatchObject(
      body === '' ? { kind: 'verdicts' } : { kind: 'attempt-failed', failure: 'bad-answer' },
    );
  });
});

describe('CloudEvents as answer', () => {
  const outputs = (answer: CallAnswer) =>
    answer.kind === 'verdicts'
      ? answer.verdicts.map((verdict) => (verdict.kind === 'ok' ? verdict.outputs : verdict))
      : answer;

  it('one, structured: the output of the last event', () => {
    expect(outputs(typed('application/cloudevents+json; charset=utf-8', event('x')))).toEqual([[], [event('x')]]);
  });
  it('one, binary, percent-encoded', () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'x%20y',
      'ce-source': '/f',
      'ce-type': 't',
      'content-type': 'application/json',
    };
    expect(outputs(decode(200, headers, '{"n":1}', ['a']))).toEqual([
      [event('x y', { datacontenttype: 'application/json', data: { n: 1 } })],
    ]);
    expect(outputs(decode(200, { ...headers, 'content-type': 'image/png' }, '{}', ['a']))).toEqual([
      [event('x y', { datacontenttype: 'image/png', data_base64: 'e30=' })],
    ]);
    expect(outputs(decode(204, headers, '', ['a']))).toEqual([[event('x y', { datacontenttype: 'application/json' })]]);
    expect(decode(200, { ...headers, 'ce-type': undefined })).toMatchObject({ failure: 'bad-answer' });
    expect(decode(200, { ...headers, 'ce-id': ['1', '2'] })).toMatchObject({ failure: 'bad-answer' });
  });
  it('a batch: to the event that causationid names, else to the last one', () => {
    const batch = [
      event('1', { causationid: 'b' }),
      event('2', { causationid: 'a' }),
      event('3'),
      event('4', { causationid: 'z' }),
    ];
    expect(outputs(typed('application/cloudevents-batch+json', batch, ['a', 'b', 'c']))).toEqual([
      [batch[1]],
      [batch[0]],
      [batch[2], batch[3]],
    ]);
    expect(outputs(typed('application/cloudevents-batch+json', [], ['a']))).toEqual([[]]);
  });
  it('numbers keep their digits', () => {
    const text = JSON.stringify(event('x')).replace('}', ',"data":[12345678901234567890,0.10000000000000000001,1]}');
    expect(JSON.stringify(outputs(typed('application/cloudevents+json', text, ['a'])))).toBe(`[[${text}]]`);
  });
  it.each<[string, unknown]>([
    ['application/cloudevents+json', '{'],
    ['application/cloudevents+json', { id: 'x' }],
    ['application/cloudevents+json', [event('x')]],
    ['application/cloudevents-batch+json', event('x')],
    ['application/cloudevents-batch+json', [event('x'), {}]],
    ['application/cloudevents+xml', '<event/>'],
  ])('%s %j contradicts itself', (type, body) => {
    expect(typed(type, body)).toMatchObject({ kind: 'attempt-failed', failure: 'bad-answer' });
  });
  it('compressed without being asked for', () => {
    const headers = { 'content-type': 'application/cloudevents+json', 'content-encoding': 'gzip' };
    expect(decode(200, headers, 'x')).toMatchObject({ kind: 'attempt-failed', failure: 'bad-answer' });
  });
});

describe('batchItemFailures', () => {
  const failures = (list: unknown, ids?: readonly string[]) =>
    typed('application/json', { batchItemFailures: list }, ids);
  const item = (itemIdentifier: unknown) => ({ itemIdentifier });
  const retry = { kind: 'retry', reason: 'listed in batchItemFailures' };

  it('lists what failed; an empty or null list is success', () => {
    expect(failures([item('b')])).toEqual({ kind: 'verdicts', verdicts: [ok, retry] });
    expect(failures([])).toEqual({ kind: 'verdicts', verdicts: [ok, ok] });
    expect(failures(null)).toEqual({ kind: 'verdicts', verdicts: [ok, ok] });
  });
  it('an id that came twice in the call stands for both', () => {
    expect(failures([item('a')], ['a', 'b', 'a'])).toEqual({ kind: 'verdicts', verdicts: [retry, ok, retry] });
  });
  it.each<[string, unknown]>([
    ['unknown', [item('z')]],
    ['null item', [null]],
    ['null identifier', [item(null)]],
    ['number', [item(1)]],
    ['empty', [item('')]],
    ['twice', [item('a'), item('a')]],
    ['no list', 'a'],
    ['more than asked', Array.from({ length: 1000 }, () => item('a'))],
  ])('%s: a failed attempt', (_name, list) => {
    expect(failures(list)).toMatchObject({ kind: 'attempt-failed', failure: 'bad-answer' });
  });
  it('broken JSON that lists failures is no success', () => {
    expect(typed('application/json', '{"batchItemFailures":[')).toMatchObject({ failure: 'bad-answer' });
  });
});

describe('a body that declares nothing', () => {
  it.each([
    ['text/plain', 'OK'],
    ['application/json', '{"fine":true}'],
    ['application/json', '{'],
    ['application/json', '["batchItemFailures"]'],
    ['text/html', '{"batchItemFailures":[{"itemIdentifier":"a"}]}'],
  ])('%s %s acknowledges all', (type, body) => {
    expect(typed(type, body)).toEqual({ kind: 'verdicts', verdicts: [ok, ok] });
  });
});

describe('whatever is answered', () => {
  it('has a meaning, with as many verdicts as events', () => {
    const types = [
      'application/json',
      resultContentType,
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
      'x',
    ];
    const document = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({ results: fc.array(fc.record({ status: fc.constantFrom('ok', 'retry', 'reject', 'not-run', 'x') })) })
        .map((d) => JSON.stringify(d)),
    );
    fc.assert(
      fc.property(
        fc.nat(999),
        fc.constantFrom(...types),
        document,
        fc.integer({ min: 1, max: 3 }),
        (status, type, body, count) => {
          const ids = Array.from({ length: count }, (_, index) => `e${index}`);
          const answer = decode(status, { 'content-type': type }, body, ids);
          if (answer.kind === 'verdicts') expect(answer.verdicts.length).toBe(count);
          expect(answer.kind === 'verdicts').toBe(answer.kind === 'verdicts' && status >= 200 && status <= 299);
        },
      ),
    );
  });
});
