// Tables for the request headers: what is read, and which header is named when one is wrong.
import { describe, expect, it } from 'vitest';
import { readCoordinates } from './coordinates.ts';

const position = { 'headrace-binding': 'ns/b', 'headrace-partition': '3', 'headrace-epoch': '7' };

describe('offsets', () => {
  it.each([
    ['', [], false],
    ['5', [[5, 5]], false],
    ['5-9', [[5, 9]], false],
    [
      '5,7, 9-11',
      [
        [5, 5],
        [7, 7],
        [9, 11],
      ],
      false,
    ],
    ['5,...,900', [[5, 900]], true],
  ])('%j', (text, offsets, areOffsetsElided) => {
    expect(readCoordinates({ ...position, 'headrace-offsets': text })).toMatchObject({
      position: { offsets, areOffsetsElided },
    });
  });
});

it('people send none of them', () => {
  expect(readCoordinates({})).toEqual({ position: null, attempt: 1, deadlineMs: null, idempotencyKey: null });
});

describe('a wrong header is named', () => {
  it.each([
    ['headrace-binding', { 'headrace-binding': '' }],
    ['headrace-partition', { 'headrace-partition': '-1' }],
    ['headrace-epoch', { 'headrace-epoch': '99999999999999999' }],
    ['headrace-epoch', { 'headrace-epoch': ['1', '2'] }],
    ['headrace-offsets', { 'headrace-offsets': '5,5' }],
    ['headrace-offsets', { 'headrace-offsets': '5,...' }],
    ['headrace-attempt', { 'headrace-attempt': '1.5' }],
    ['headrace-deadline', { 'headrace-deadline': '' }],
  ])('%s %j', (name, wrong) => {
    expect(readCoordinates({ ...position, ...wrong })).toContain(name);
  });
});
