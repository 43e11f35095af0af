/** Plain JSON records take a short cut into the text: it says exactly what the long way says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventBody } from './batch-body.ts';
import { type EncodedEvent, encodeEvent, type SourceRecord } from './cloudevent.ts';

function record(key: Buffer | null, topic = 'bids', timestampMs = 1_700_000_000_000): SourceRecord {
  return { topic, partition: 3, offset: 42, timestampMs, key, value: Buffer.from('{"a":1}'), headers: [] };
}

/** The attributes of the text, in order, beside those that HTTP's binary mode would send. */
function told(source: SourceRecord) {
  const event = encodeEvent(source, 'Auto') as EncodedEvent;
  const { data, ...attributes } = JSON.parse(eventBody(event).toString('utf8')) as Record<string, unknown>;
  expect(data).toEqual({ a: 1 });
  return { inText: Object.entries(attributes), inHeaders: event.binary!.attributes, id: event.id, trace: event.trace };
}

describe('the text and the attributes are the same', () => {
  it.each([
    ['none', null],
    ['plain', Buffer.from('key-1')],
    ['empty', Buffer.alloc(0)],
    ['quote and backslash', Buffer.from('a"b\\c')],
    ['not ASCII', Buffer.from('é漢')],
    ['not UTF-8', Buffer.from([0xe9, 0x41])],
    ['a control character', Buffer.from('a\nb')],
    ['delete', Buffer.from([0x41, 0x7f])],
  ])('for a key: %s', (_, key) => {
    const { inText, inHeaders, id, trace } = told(record(key));
    expect(inText).toEqual(inHeaders);
    expect(id).toBe('bids/3/42');
    expect(trace).toEqual([]);
  });

  it('for a topic whose name no broker would allow', () => {
    const { inText, inHeaders } = told(record(null, 'a"b\\c\u0000'));
    expect(inText).toEqual(inHeaders);
  });

  it('for any key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const { inText, inHeaders } = told(record(Buffer.from(bytes)));
        expect(inText).toEqual(inHeaders);
      }),
    );
  });
});

describe('time', () => {
  const timeOf = (timestampMs: number) => new Map(told(record(null, 'bids', timestampMs)).inText).get('time');

  it.each([0, 1, 999, 1_000, 1_700_000_000_007, 1_700_000_000_070, 1_700_000_000_999, 253_402_300_799_999])(
    '%i is written as Date does',
    (timestampMs) => expect(timeOf(timestampMs)).toBe(new Date(timestampMs).toISOString()),
  );

  it('is not mixed up between records of different seconds', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 253_402_300_799_999 }), { maxLength: 6 }), (times) => {
        expect(times.map(timeOf)).toEqual(times.map((each) => new Date(each).toISOString()));
      }),
    );
  });

  it.each([-1, 253_402_300_800_000])('%i has no time in RFC 3339', (timestampMs) =>
    expect(timeOf(timestampMs)).toBeUndefined(),
  );
});
