/** Broker addresses as users write them. */
import { describe, expect, test } from 'vitest';
import { addressText, parseAddress } from './addresses.ts';

test.each([
  ['kafka-0.kafka:9092', { host: 'kafka-0.kafka', port: 9092 }],
  [' 127.0.0.1:1 ', { host: '127.0.0.1', port: 1 }],
  ['[::1]:9092', { host: '::1', port: 9092 }],
])('%s', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
  expect(addressText(parseAddress(text))).toBe(text.trim());
});

describe('refused, with what to write instead', () => {
  test.each([
    'kafka',
    'kafka:',
    ':9092',
    'kafka:0',
    'kafka:65536',
    'kafka:9092/x',
    'a b:9092',
    '::1:9092',
    'http://kafka:9092',
    '',
  ])('%s', (text) => {
    expect(() => parseAddress(text)).toThrow(`bootstrap server "${text}" is not host:port: write for example`);
  });
});
