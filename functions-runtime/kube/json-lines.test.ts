// JSON lines come out whole and in order, wherever the chunks are cut.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLines, LineTooLong } from './json-lines.ts';

test('any way of cutting the bytes yields the same values, characters of several bytes included', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', '\n', 'é', '漢', '🜁', '\\') });
  const values = fc.array(fc.record({ text }), { maxLength: 8 });
  fc.assert(
    fc.property(values, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (sent, sizes) => {
      const bytes = Buffer.from(sent.map((value) => `${JSON.stringify(value)}\n`).join(''));
      const lines = jsonLines(1_000);
      const got: unknown[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = sizes.next().value as number;
        got.push(...lines.take(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(got).toEqual(sent);
    }),
  );
});

test('an unfinished line yields nothing yet', () => {
  const lines = jsonLines(100);
  expect(lines.take(Buffer.from('{"a":'))).toEqual([]);
  expect(lines.take(Buffer.from('1}\n\n{"b"'))).toEqual([{ a: 1 }]);
});

test('a line over the limit is refused before it is complete', () => {
  const lines = jsonLines(10);
  lines.take(Buffer.from('123456'));
  expect(() => lines.take(Buffer.from('78901'))).toThrow(LineTooLong);
});

test('text that is no JSON is an error', () => {
  expect(() => jsonLines(100).take(Buffer.from('<html>\n'))).toThrow(SyntaxError);
});
