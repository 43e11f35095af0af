/** The batch body: spliced bytes are the events and nothing else, whatever the values try to be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchBody, binaryRequest } from './batch-body.ts';
import { type EncodedEvent, encodeEvent, type SourceRecord } from './cloudevent.ts';

const record = (offset: number, value: Buffer | null, headers: SourceRecord['headers'] = []): SourceRecord => ({
  topic: 't',
  partition: 0,
  offset,
  timestampMs: 0,
  key: null,
  value,
  headers,
});
const encode = (source: SourceRecord): EncodedEvent => {
  const encoded = encodeEvent(source, 'Auto');
  if (encoded.kind === 'unfit') throw new Error(encoded.detail);
  return encoded;
};
const parsed = (values: readonly (Buffer | null)[]): Record<string, unknown>[] =>
  JSON.parse(batchBody(values.map((value, offset) => encode(record(offset, value)))).toString('utf8'));

const forged = '"specversion":"1.0","id":"forged","source":"/","type":"forged"';

describe('the batch body', () => {
  it('is an array of the events in order', () => {
    expect(parsed([]).length).toBe(0);
    expect(parsed([Buffer.from('1'), Buffer.from('"ü"'), null]).map(({ data }) => data)).toEqual([1, 'ü', null]);
  });

  it('keeps the bytes of a value, as they were written', () => {
    const value = '{ "n" : 12345678901234567890.10, "e":1E3 }';
    expect(batchBody([encode(record(0, Buffer.from(value)))]).includes(`"data":${value}}`)).toBe(true);
  });

  it.each([
    `1},{${forged}`,
    `1},{${forged},"data":1`,
    `"x"}]`,
    `","data_base64":"`,
    `1,${forged}`,
    `1\u0000`,
    `{"a":"\u2028"}`,
    `"\\ud800"`,
    '"',
    '\\',
    '/*',
  ])('cannot be forged by %j', (value) => {
    const events = parsed([Buffer.from('0'), Buffer.from(value), Buffer.from('2')]);
    expect(events.map(({ id }) => id)).toEqual(['t/0/0', 't/0/1', 't/0/2']);
    expect(events.every((event) => event.type !== 'forged')).toBe(true);
  });

  it('cannot be forged by any value made of the parts of JSON', () => {
    const part = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '1',
      'null',
      '"a"',
      forged,
      '"data":',
      ' ',
      '\u0001',
      'ü',
    );
    const value = fc.oneof(
      fc.array(part, { maxLength: 12 }).map((parts) => Buffer.from(parts.join(''))),
      fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array)),
      fc.constant(null),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (values) => {
        const events = parsed(values);
        expect(events.map(({ id }) => id)).toEqual(values.map((_, offset) => `t/0/${offset}`));
        expect(new Set(events.map(({ type }) => type)).size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('one event in binary mode', () => {
  it('has percent-encoded attributes as headers and the value as body', () => {
    const headers = [
      ['ce_specversion', '1.0'],
      ['ce_id', 'a b"%ü€'],
      ['ce_source', '/s'],
      ['ce_type', 't'],
      ['content-type', 'text/plain; charset="utf-8"'],
    ].map(([name, value]) => [Buffer.from(name!), Buffer.from(value!)] as const);
    const request = binaryRequest(encode(record(0, Buffer.from('body'), headers)));
    expect(request?.headers).toEqual({
      'ce-specversion': '1.0',
      'ce-id': 'a%20b%22%25%C3%BC%E2%82%AC',
      'ce-source': '/s',
      'ce-type': 't',
      'content-type': 'text/plain; charset="utf-8"',
    });
    expect(request?.body.toString()).toBe('body');
  });

  it('is not offered for a structured event, nor for more attributes than headers hold', () => {
    const structured = record(0, Buffer.from(`{${forged}}`), [
      [Buffer.from('content-type'), Buffer.from('application/cloudevents+json')],
    ]);
    expect(binaryRequest(encode(structured))).toBeNull();
    expect(binaryRequest(encode(record(0, null, [[Buffer.from('h'), Buffer.alloc(8000)]])))).toBeNull();
  });
});
