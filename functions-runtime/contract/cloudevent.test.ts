/** Tables of records: plain, binary, structured, damaged; and what each becomes in each declared format. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventBody } from './batch-body.ts';
import { type EncodedEvent, encodeEvent, type SourceRecord } from './cloudevent.ts';
import { structuredFault } from './cloudevent-rules.ts';
import type { RecordFormat } from './invoker-contract.ts';

type Text = string | Buffer | null;
const bytes = (text: Text): Buffer | null => (typeof text === 'string' ? Buffer.from(text) : text);

function record(value: Text, headers: readonly (readonly [Text, Text])[] = [], key: Text = null): SourceRecord {
  return {
    topic: 'bids',
    partition: 3,
    offset: 42,
    timestampMs: 1_700_000_000_000,
    key: bytes(key),
    value: bytes(value),
    headers: headers.map(([name, content]) => [bytes(name)!, bytes(content)]),
  };
}

const jsonOf = (event: EncodedEvent): Record<string, unknown> => JSON.parse(eventBody(event).toString('utf8'));

function event(source: SourceRecord, format: RecordFormat = 'Auto'): Record<string, unknown> {
  const encoded = encodeEvent(source, format);
  if (encoded.kind === 'unfit') throw new Error(`unfit: ${encoded.detail}`);
  return jsonOf(encoded);
}

const wrapping = {
  specversion: '1.0',
  id: 'bids/3/42',
  source: '/kafka/bids',
  type: 'dev.headrace.kafka.record.v1',
  time: '2023-11-14T22:13:20.000Z',
};
const ceHeaders = [
  ['ce_specversion', '1.0'],
  ['ce_id', 'A-1'],
  ['ce_source', '/shop'],
  ['ce_type', 'bid.placed'],
] as const;
const ce = { specversion: '1.0', id: 'A-1', source: '/shop', type: 'bid.placed' };
const structuredType = [['content-type', 'application/cloudevents+json; charset=utf-8']] as const;
const invalidUtf8 = Buffer.from([0x22, 0xff, 0x22]);
const base64 = (text: string | Buffer) => Buffer.from(text as string).toString('base64');

describe('a record that is no CloudEvent is wrapped', () => {
  it.each<[string, SourceRecord, RecordFormat, Record<string, unknown>]>([
    ['JSON', record('{"a":1}'), 'Auto', { datacontenttype: 'application/json', data: { a: 1 } }],
    ['JSON null', record('null'), 'Auto', { datacontenttype: 'application/json', data: null }],
    ['JSON with spaces around', record(' [1] \n'), 'Json', { datacontenttype: 'application/json', data: [1] }],
    ['text', record('hello'), 'Auto', { datacontenttype: 'application/octet-stream', data_base64: base64('hello') }],
    [
      'invalid UTF-8',
      record(invalidUtf8),
      'Auto',
      { datacontenttype: 'application/octet-stream', data_base64: base64(invalidUtf8) },
    ],
    ['an empty value', record(''), 'Auto', { datacontenttype: 'application/octet-stream', data_base64: '' }],
    [
      'JSON as bytes',
      record('{}'),
      'Bytes',
      { datacontenttype: 'application/octet-stream', data_base64: base64('{}') },
    ],
    ['a tombstone', record(null), 'Auto', { data: null, kafkatombstone: true }],
    ['a tombstone as JSON', record(null), 'Json', { data: null, kafkatombstone: true }],
    ['a tombstone as CloudEvent', record(null), 'CloudEvent', { data: null, kafkatombstone: true }],
    ['a key', record('1', [], 'k-1'), 'Auto', { datacontenttype: 'application/json', data: 1, partitionkey: 'k-1' }],
    [
      'a non-ASCII key',
      record('1', [], 'schlüssel 🔑'),
      'Json',
      { datacontenttype: 'application/json', data: 1, partitionkey: 'schlüssel 🔑' },
    ],
    ['an empty key', record('1', [], ''), 'Json', { datacontenttype: 'application/json', data: 1, kafkakeybase64: '' }],
    [
      'a binary key',
      record('1', [], Buffer.from([0, 255])),
      'Json',
      { datacontenttype: 'application/json', data: 1, kafkakeybase64: 'AP8=' },
    ],
    [
      'a key with a line break',
      record('1', [], 'a\nb'),
      'Json',
      { datacontenttype: 'application/json', data: 1, kafkakeybase64: base64('a\nb') },
    ],
  ])('%s', (_name, source, format, expected) => {
    expect(event(source, format)).toEqual({ ...wrapping, ...expected });
  });

  it('by its content type: text becomes a string, other types Base64', () => {
    const text = event(record('grüß "dich"', [['content-type', 'text/plain; charset=utf-8']]));
    expect(text).toMatchObject({ datacontenttype: 'text/plain; charset=utf-8', data: 'grüß "dich"' });
    const image = event(record('{}', [['content-type', 'image/png']]));
    expect(image).toMatchObject({ datacontenttype: 'image/png', data_base64: base64('{}') });
    const broken = event(record('{', [['content-type', 'application/json']]));
    expect(broken).toMatchObject({ datacontenttype: 'application/json', data_base64: base64('{') });
  });

  it('keeps headers: order, repeats, null values, binary values', () => {
    const source = record('1', [
      ['h', 'a'],
      ['h', null],
      ['\u0001n', Buffer.from([255])],
      ['traceparent', '00-aa-bb-01'],
    ]);
    const wrapped = event(source);
    expect(JSON.parse(wrapped.kafkaheaders as string)).toEqual([
      ['h', 'YQ=='],
      ['h', null],
      ['\u0001n', '/w=='],
      ['traceparent', base64('00-aa-bb-01')],
    ]);
    expect(wrapped.traceparent).toBe('00-aa-bb-01');
    expect(structuredFault(wrapped)).toBeNull();
  });

  it.each([-1, 253_402_300_800_000])('has no time when the record has none that can be written (%d)', (timestampMs) => {
    expect(event({ ...record('1'), timestampMs })).not.toHaveProperty('time');
  });
});

describe('a CloudEvent passes unchanged', () => {
  it.each<[string, SourceRecord, Record<string, unknown>]>([
    [
      'binary, JSON',
      record('{"x":[1]}', [...ceHeaders, ['content-type', 'application/json']]),
      { ...ce, datacontenttype: 'application/json', data: { x: [1] } },
    ],
    ['binary, no type, JSON', record('7', ceHeaders), { ...ce, data: 7 }],
    ['binary, no type, bytes', record('%', ceHeaders), { ...ce, data_base64: 'JQ==' }],
    ['binary, empty value', record('', ceHeaders), { ...ce, data_base64: '' }],
    [
      'binary, suffix +json',
      record('{}', [...ceHeaders, ['content-type', 'application/vnd.x+json']]),
      { ...ce, datacontenttype: 'application/vnd.x+json', data: {} },
    ],
    ['binary, extension', record(null, [...ceHeaders, ['ce_region', 'größe']]), { ...ce, region: 'größe', data: null }],
    [
      'binary, the key does not change it',
      record('1', [...ceHeaders, ['ce_partitionkey', 'PK']], 'K'),
      { ...ce, partitionkey: 'PK', data: 1 },
    ],
    ['structured', record(JSON.stringify({ ...ce, data: 1 }), structuredType, 'K'), { ...ce, data: 1 }],
    ['structured, upper case type', record(JSON.stringify(ce), [['content-type', 'Application/CloudEvents+JSON']]), ce],
    [
      'structured, null attribute',
      record(JSON.stringify({ ...ce, time: null }), structuredType),
      { ...ce, time: null },
    ],
  ])('%s', (_name, source, expected) => {
    expect(event(source, 'Auto')).toEqual(expected);
    expect(event(source, 'CloudEvent')).toEqual(expected);
  });

  it('structured: byte by byte, odd spaces and long numbers included', () => {
    const text = `  {"specversion":"1.0","id":"A-1","source":"/shop","type":"t","data":12345678901234567890.0} `;
    const encoded = encodeEvent(record(text, structuredType), 'Auto') as EncodedEvent;
    expect(eventBody(encoded).toString()).toBe(text);
    expect(encoded.id).toBe('A-1');
  });

  it('and its trace is found in every mode', () => {
    const trace = [['traceparent', '00-1-2-01']];
    const traceOf = (source: SourceRecord) => (encodeEvent(source, 'Auto') as EncodedEvent).trace;
    expect(traceOf(record('1', [...ceHeaders, ['ce_traceparent', '00-1-2-01']]))).toEqual(trace);
    expect(traceOf(record('1', [...ceHeaders, ['traceparent', '00-1-2-01']]))).toEqual(trace);
    expect(traceOf(record('1', [['traceparent', '00-1-2-01']]))).toEqual(trace);
    expect(traceOf(record(JSON.stringify({ ...ce, traceparent: '00-1-2-01' }), structuredType))).toEqual(trace);
  });
});

describe('what is no CloudEvent is unfit as CloudEvent and wrapped under Auto', () => {
  const without = (name: string) => ceHeaders.filter(([header]) => header !== name);
  it.each<[string, string, SourceRecord]>([
    ['no attributes', 'not-an-event', record('{}')],
    ['no id', 'attribute-missing', record('1', without('ce_id'))],
    ['empty source', 'attribute-missing', record('1', [...without('ce_source'), ['ce_source', '']])],
    ['version 0.3', 'specversion-unsupported', record('1', [...without('ce_specversion'), ['ce_specversion', '0.3']])],
    ['upper case attribute', 'attribute-invalid', record('1', [...ceHeaders, ['ce_Region', 'x']])],
    ['attribute with underscore', 'attribute-invalid', record('1', [...ceHeaders, ['ce_data_base64', 'x']])],
    ['attribute named data', 'attribute-invalid', record('1', [...ceHeaders, ['ce_data', 'x']])],
    ['attribute twice', 'attribute-invalid', record('1', [...ceHeaders, ['ce_id', 'A-2']])],
    ['null attribute', 'attribute-invalid', record('1', [...ceHeaders, ['ce_subject', null]])],
    ['line break in an attribute', 'attribute-invalid', record('1', [...ceHeaders, ['ce_subject', 'a\r\nb: c']])],
    ['attribute not UTF-8', 'attribute-invalid', record('1', [...ceHeaders, ['ce_subject', invalidUtf8]])],
    [
      'attribute name not UTF-8',
      'attribute-invalid',
      record('1', [...ceHeaders, [Buffer.from([0x63, 0x65, 0x5f, 0xff]), 'x']]),
    ],
    ['structured, broken', 'not-json', record('{', structuredType)],
    ['structured, two texts', 'not-json', record('{}{}', structuredType)],
    ['structured, not UTF-8', 'not-utf8', record(invalidUtf8, structuredType)],
    ['structured, byte order mark', 'not-json', record(`\ufeff${JSON.stringify(ce)}`, structuredType)],
    ['structured, an array', 'not-an-event', record('[]', structuredType)],
    [
      'structured, data twice',
      'data-invalid',
      record(JSON.stringify({ ...ce, data: 1, data_base64: 'AA==' }), structuredType),
    ],
    ['structured, no Base64', 'data-invalid', record(JSON.stringify({ ...ce, data_base64: '%' }), structuredType)],
    ['structured, id is a number', 'attribute-missing', record(JSON.stringify({ ...ce, id: 1 }), structuredType)],
    [
      'structured, object as attribute',
      'attribute-invalid',
      record(JSON.stringify({ ...ce, ext: {} }), structuredType),
    ],
    [
      'structured, __proto__',
      'attribute-invalid',
      record(`{"__proto__":1,${JSON.stringify(ce).slice(1)}`, structuredType),
    ],
  ])('%s: %s', (_name, reason, source) => {
    expect(encodeEvent(source, 'CloudEvent')).toMatchObject({ kind: 'unfit', reason });
    expect(event(source, 'Auto')).toMatchObject({ id: 'bids/3/42', type: wrapping.type });
  });

  it('nesting of 100,000 levels ends nothing', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(encodeEvent(record(deep), 'Json').kind).toBe('event');
  });
});

describe('what is not JSON is unfit as Json', () => {
  it.each(['', 'x', '{', '1 2', '1},{"specversion":"1.0"', '\ufeff1', 'NaN', "{'a':1}", '{"a":1,}', '"\u0001"'])(
    '%j',
    (value) => {
      expect(encodeEvent(record(value), 'Json')).toMatchObject({ kind: 'unfit', reason: 'not-json' });
    },
  );
  it('invalid UTF-8', () => {
    expect(encodeEvent(record(invalidUtf8), 'Json')).toMatchObject({ kind: 'unfit', reason: 'not-json' });
  });
});

const anyBytes: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const anyJson: fc.Arbitrary<Buffer> = fc.json().map((text) => Buffer.from(text));
const anyHeaderName: fc.Arbitrary<Buffer> = fc.oneof(
  anyBytes,
  fc.constantFrom('ce_id', 'ce_x', 'content-type', 'traceparent').map((name) => Buffer.from(name)),
);
const anyRecord = fc.record({
  topic: fc.constant('bids'),
  partition: fc.nat(),
  offset: fc.maxSafeNat(),
  timestampMs: fc.integer({ min: -1 }),
  key: fc.option(anyBytes),
  value: fc.option(fc.oneof(anyBytes, anyJson)),
  headers: fc.array(fc.tuple(anyHeaderName, fc.option(anyBytes))),
}) as fc.Arbitrary<SourceRecord>;

describe('whatever comes in', () => {
  it('comes out as one valid CloudEvent that holds the same bytes', () => {
    fc.assert(
      fc.property(anyRecord, fc.constantFrom<RecordFormat>('Auto', 'Bytes'), (source, format) => {
        const json = event(source, format);
        expect(structuredFault(json)).toBeNull();
        if (source.value === null) expect(json.data).toBeNull();
        else if ('data_base64' in json) expect(Buffer.from(json.data_base64 as string, 'base64')).toEqual(source.value);
        else expect(json.data).toEqual(JSON.parse(source.value.toString()));
      }),
    );
  });
});
