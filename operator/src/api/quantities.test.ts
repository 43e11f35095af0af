// Durations, byte sizes and times: each accepted form, and the refusal of what the CRDs' patterns refuse.
import { describe, expect, it } from 'vitest';
import { byteCount, durationMs, timeText } from './quantities.ts';

describe('durationMs', () => {
  it.each([
    ['0s', 0],
    ['300ms', 300],
    ['30s', 30_000],
    ['5m', 300_000],
    ['168h', 604_800_000],
    ['1h30m', 5_400_000],
  ])('%s is %d ms', (text, ms) => expect(durationMs(text)).toBe(ms));

  it.each(['', '5', '-1s', 'PT5S', '1.5s', '9e9h', '1s2s3s', ' 1s', '1s\n'])('refuses %j', (text) => {
    expect(() => durationMs(text)).toThrow('not a duration');
  });
});

describe('byteCount', () => {
  it.each([
    ['1000', 1000],
    ['512Ki', 524_288],
    ['1Mi', 1_048_576],
    ['1Gi', 1_073_741_824],
  ])('%s is %d bytes', (text, bytes) => expect(byteCount(text)).toBe(bytes));

  it.each(['', '0', '-1Mi', '1.5Mi', '1M', '1 Mi', '1e6'])('refuses %j', (text) => {
    expect(() => byteCount(text)).toThrow('not a number of bytes');
  });
});

it('timeText has whole seconds', () => {
  expect(timeText(Date.UTC(2026, 10, 21, 8, 0, 0, 999))).toBe('2026-11-21T08:00:00Z');
});
