// What a function may return for an event, and what comes of values that JSON or CloudEvents cannot hold.
import { describe, expect, it } from 'vitest';
import { derivedSource, outputsOf } from './outputs.ts';

const input = { specversion: '1.0', id: 'in', source: '/shop', type: 't' };
const parsed = (value: unknown) => {
  const outputs = outputsOf(value, input, 'f');
  return outputs.kind === 'unfit' ? outputs.detail : outputs.events.map((json) => JSON.parse(json) as unknown);
};
const defaults = { specversion: '1.0', id: 'in/0', source: '/shop#f', type: 'f.output' };
const json = { datacontenttype: 'application/json' };

describe('values', () => {
  it.each([
    ['nothing', undefined, []],
    ['null', null, []],
    ['an empty array', [], []],
    ['nothing among others: ids name the place', [undefined, 1], [{ ...defaults, ...json, id: 'in/1', data: 1 }]],
    ['a date is its text', new Date(0), [{ ...defaults, ...json, data: '1970-01-01T00:00:00.000Z' }]],
    ['bytes', Buffer.from([0, 255]), [{ ...defaults, data_base64: 'AP8=' }]],
    ['a part of bytes', new Uint8Array([1, 2, 3]).subarray(1, 2), [{ ...defaults, data_base64: 'Ag==' }]],
    ['an event with data null', { specversion: '1.0', data: null }, [{ ...defaults, ...json, data: null }]],
    ['an event whose attribute is undefined', { specversion: '1.0', subject: undefined, type: undefined }, [defaults]],
    [
      'an event of another media type',
      { specversion: '1.0', datacontenttype: 'text/plain', data: 'x' },
      [{ ...defaults, datacontenttype: 'text/plain', data: 'x' }],
    ],
    ['Base64 of its own', { specversion: '1.0', data_base64: 'AA==' }, [{ ...defaults, data_base64: 'AA==' }]],
    ['an object that looks like no event', { id: 'x' }, [{ ...defaults, ...json, data: { id: 'x' } }]],
  ])('%s', (_, value, expected) => {
    expect(parsed(value)).toEqual(expected);
  });
});

describe('unfit, with the reason', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  it.each([
    ['a function', () => 1, 'a function is no data'],
    ['a symbol', Symbol('x'), 'a symbol is no data'],
    ['a bigint', { n: 1n }, 'BigInt'],
    ['a circle', circular, 'circular'],
    ['an attribute with capitals', { specversion: '1.0', partitionKey: 'x' }, '"partitionKey"'],
    ['an attribute that is a list', { specversion: '1.0', tags: [] }, 'tags'],
    ['an attribute that is no whole number', { specversion: '1.0', weight: 1.5 }, 'weight'],
    ['an attribute with a line break', { specversion: '1.0', subject: 'a\nb' }, 'subject'],
    ['an attribute with half a character', { specversion: '1.0', subject: '\ud800' }, 'subject'],
    ['data twice', { specversion: '1.0', data: 1, data_base64: 'AA==' }, 'both'],
    ['bytes twice', { specversion: '1.0', data: Buffer.from('x'), data_base64: 'AA==' }, 'both'],
    ['broken Base64', { specversion: '1.0', data_base64: '*' }, 'Base64'],
    ['an empty type', { specversion: '1.0', type: '' }, 'type'],
    ['an old version', { specversion: '0.3' }, '0.3'],
    ['one of several', [1, { specversion: '1.0', id: 7 }], 'output 1: attribute id'],
  ])('%s', (_, value, reason) => {
    expect(parsed(value)).toContain(reason);
  });
});

it.each([
  ['/shop', '/shop#f'],
  ['/shop#a', '/shop#a/f'],
  ['/shop#a/b', '/shop#a/b/f'],
])('%s becomes %s', (source, expected) => {
  expect(derivedSource(source, 'f')).toBe(expected);
});
