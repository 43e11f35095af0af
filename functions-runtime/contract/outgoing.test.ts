/** Outputs and dead letters as Kafka records: keys, modes, routes, lineage, and originals that stay untouched. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutputEvent } from './answer.ts';
import { type EncodedEvent, encodeEvent, type SourceRecord } from './cloudevent.ts';
import { deadLetterRecord, outputRecord, type RecordToProduce } from './outgoing.ts';

const source: SourceRecord = {
  topic: 'bids',
  partition: 3,
  offset: 42,
  timestampMs: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from('{}'),
  headers: [[Buffer.from('traceparent'), Buffer.from('00-1-2-01')]],
};
const event: OutputEvent = { specversion: '1.0', id: 'o-1', source: '/f', type: 'bid.accepted', data: { n: 1 } };
type Output = Parameters<typeof outputRecord>[2];
const output: Output = {
  topic: 'out',
  key: 'Source',
  contentMode: 'Binary',
  routes: [{ type: 'bid.rejected', topic: 'no' }],
};

const produced = (
  from: OutputEvent,
  settings: Partial<Output> = {},
  by: Partial<SourceRecord> = {},
): RecordToProduce => {
  const record = { ...source, ...by };
  const sourceEvent = encodeEvent(record, 'Auto') as EncodedEvent;
  return outputRecord(from, { source: record, sourceEvent, index: 1 }, { ...output, ...settings });
};
const text = (headers: RecordToProduce['headers']) =>
  headers.map(([name, value]) => [String(name), value && String(value)]);
const origin = [
  ['headrace-origin-topic', 'bids'],
  ['headrace-origin-partition', '3'],
  ['headrace-origin-offset', '42'],
  ['headrace-output-index', '1'],
];

describe('an output', () => {
  it('binary: attributes as headers, data as value, cause and trace carried', () => {
    const record = produced({ ...event, datacontenttype: 'application/json' });
    expect(record).toMatchObject({ topic: 'out', key: Buffer.from('k'), value: Buffer.from('{"n":1}') });
    expect(text(record.headers)).toEqual([
      ['ce_causationid', 'bids/3/42'],
      ['ce_traceparent', '00-1-2-01'],
      ['ce_specversion', '1.0'],
      ['ce_id', 'o-1'],
      ['ce_source', '/f'],
      ['ce_type', 'bid.accepted'],
      ['content-type', 'application/json'],
      ...origin,
    ]);
  });
  it('structured: the whole event as value', () => {
    const record = produced(event, { contentMode: 'Structured' });
    expect(text(record.headers)).toEqual([['content-type', 'application/cloudevents+json; charset=utf-8'], ...origin]);
    expect(JSON.parse(String(record.value))).toEqual({ ...event, causationid: 'bids/3/42', traceparent: '00-1-2-01' });
  });
  it('what the function set stays', () => {
    const record = produced({ ...event, causationid: 'mine', traceparent: '00-9-9-00' });
    expect(text(record.headers)).toContainEqual(['ce_causationid', 'mine']);
    expect(text(record.headers)).toContainEqual(['ce_traceparent', '00-9-9-00']);
  });
  it('is routed by its type', () => {
    expect(produced({ ...event, type: 'bid.rejected' }).topic).toBe('no');
    expect(produced({ ...event, type: 'bid' }).topic).toBe('out');
  });
  it.each<[string, OutputEvent, Partial<Output>, Buffer | null, Buffer | null]>([
    ['source key', event, {}, Buffer.from('k'), Buffer.from('k')],
    ['null source key', { ...event, partitionkey: 'p' }, {}, null, null],
    ['empty source key', event, {}, Buffer.alloc(0), Buffer.alloc(0)],
    ['event key', { ...event, partitionkey: 'schlüssel' }, { key: 'Event' }, null, Buffer.from('schlüssel')],
    ['event key in bytes', { ...event, kafkakeybase64: 'AP8=' }, { key: 'Event' }, null, Buffer.from([0, 255])],
    ['event without key: the source key', event, { key: 'Event' }, Buffer.from('k'), Buffer.from('k')],
  ])('%s', (_name, from, settings, key, expected) => {
    expect(produced(from, settings, { key }).key).toEqual(expected);
  });
  it.each<[string, object, Buffer | null]>([
    ['no data is null', { data: undefined }, null],
    ['null is null', { data: null }, null],
    ['text as JSON', { data: 'ü' }, Buffer.from('"ü"')],
    ['text as text', { data: 'ü', datacontenttype: 'text/plain' }, Buffer.from('ü')],
    ['object under a text type', { data: { a: 1 }, datacontenttype: 'text/plain' }, Buffer.from('{"a":1}')],
    ['false', { data: false }, Buffer.from('false')],
    ['bytes', { data: undefined, data_base64: 'AP8=' }, Buffer.from([0, 255])],
    ['no bytes', { data: undefined, data_base64: '' }, Buffer.alloc(0)],
  ])('value: %s', (_name, change, expected) => {
    expect(produced({ ...event, ...change }).value).toEqual(expected);
  });
  it('binary mode is read back as the same event', () => {
    const record = produced({ ...event, flag: true, count: 3, subject: null, data: ['x'] });
    const back = encodeEvent({ ...source, ...record }, 'CloudEvent') as EncodedEvent;
    const json = JSON.parse(back.pieces.join(''));
    expect(json).not.toHaveProperty('subject');
    expect(json).toMatchObject({
      ...event,
      flag: 'true',
      count: '3',
      data: ['x'],
    });
  });
});

describe('a dead letter (D7)', () => {
  const bytes = fc.uint8Array({ maxLength: 20 }).map((array): Buffer => Buffer.from(array));
  it('is the original, byte by byte, with our headers behind its own', () => {
    const headers = fc.array(fc.tuple(bytes, fc.option(bytes)));
    fc.assert(
      fc.property(fc.option(bytes), fc.option(bytes), headers, (key, value, original) => {
        const letter = deadLetterRecord({
          source: { ...source, key, value, headers: original },
          topic: 'dlt',
          destination: 'shop/place-bid',
          reason: 'größe fehlt',
          code: '422',
          attempts: 3,
          firstFailureMs: 1000,
          lastFailureMs: 2000,
        });
        expect(letter.key).toBe(key);
        expect(letter.value).toBe(value);
        expect(letter.timestampMs).toBe(source.timestampMs);
        expect(letter.headers.slice(0, original.length)).toEqual(original);
        expect(text(letter.headers.slice(original.length))).toEqual([
          ['knativeerrordest', 'shop/place-bid'],
          ['knativeerrorcode', '422'],
          ['knativeerrordata', Buffer.from('größe fehlt').toString('base64')],
          ['headrace-reason', 'größe fehlt'],
          ['headrace-attempts', '3'],
          ['headrace-first-failure-time', '1970-01-01T00:00:01.000Z'],
          ['headrace-last-failure-time', '1970-01-01T00:00:02.000Z'],
          ...origin.slice(0, 3),
        ]);
      }),
    );
  });
});
