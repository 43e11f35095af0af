/** Medians, percentiles and how figures are written. */
import { describe, expect, it } from 'vitest';
import { figure, median, percentile, spread } from './numbers.ts';

describe('median and percentile', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])('median of %j is %d', (values, expected) => expect(median(values)).toBe(expected));

  it('takes the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([50, 99, 100].map((percent) => percentile(hundred, percent))).toEqual([50, 99, 100]);
    expect(percentile([5], 99)).toBe(5);
  });
});

describe('figures', () => {
  it.each([
    [0.1234, '0.123'],
    [5.4321, '5.43'],
    [812.4, '812'],
    [16_234, '16,200'],
    [99_999, '100,000'],
    [191_400, '191k'],
    [Number.NaN, '–'],
  ])('%d is written %s', (value, text) => expect(figure(value)).toBe(text));

  it('a spread is the median with lowest and highest', () => {
    expect(spread([3, 1, 2])).toBe('2 (1–3)');
    expect(spread([3])).toBe('3');
  });
});
