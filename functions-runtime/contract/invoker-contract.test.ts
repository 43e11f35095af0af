// What a person may wish for single records: partition and offset, and nothing that could be taken for more than was meant.
import { describe, expect, it } from 'vitest';
import { parseWishes } from './invoker-contract.ts';

describe('wishes for single records', () => {
  it('are partition:offset, one or several', () => {
    expect(parseWishes('skip', '3:1042')).toEqual([{ what: 'skip', partition: 3, offset: 1042 }]);
    expect(parseWishes('retry', ' 0:0 ,12:9007199254740991')).toEqual([
      { what: 'retry', partition: 0, offset: 0 },
      { what: 'retry', partition: 12, offset: Number.MAX_SAFE_INTEGER },
    ]);
  });

  it.each([
    '',
    ' ',
    '3',
    '3:',
    ':7',
    '3:-1',
    '3:1-9',
    '3:1e3',
    '*',
    '3:*',
    '3:1042,',
    '3.0:1',
    '0x3:1',
    '3:9007199254740993',
    '3:12345678901234567',
  ])('%j is no list of them: nothing at all is wished', (text) => expect(parseWishes('skip', text)).toBeNull());

  it('are at most a hundred', () => {
    const list = (count: number): string => Array.from({ length: count }, (_, offset) => `0:${offset}`).join(',');
    expect(parseWishes('skip', list(100))).toHaveLength(100);
    expect(parseWishes('skip', list(101))).toBeNull();
  });
});
