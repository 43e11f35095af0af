// The ledger against a plain set of offsets: watermark, islands, gaps, memory of earlier owners (D1, D10).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.ts';

describe('ledger', () => {
  it('D1 D10: the watermark is below everything that was received and not settled, and else at the next position', () => {
    const moves = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('receive' as const), gap: fc.integer({ min: 0, max: 3 }) }),
        fc.record({ kind: fc.constant('pass' as const), gap: fc.integer({ min: 0, max: 3 }) }),
        fc.record({ kind: fc.constant('settle' as const), pick: fc.nat() }),
      ),
      { maxLength: 200 },
    );
    const islands = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 4 })), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(moves, islands, (list, distances) => {
        let end = 10;
        const inherited = distances.map(([gap, length]): [number, number] => {
          const first = end + gap;
          end = first + length;
          return [first, end];
        });
        const wasSettled = (offset: number): boolean =>
          inherited.some(([first, last]) => first <= offset && offset <= last);
        const ledger = new Ledger(10, inherited);
        const received: number[] = [];
        const open = new Set<number>();
        let next = 10;
        for (const move of list) {
          if (move.kind === 'receive') {
            const offset = next + move.gap;
            next = offset + 1;
            received.push(offset);
            expect(ledger.receive(offset)).toBe(wasSettled(offset) ? 'settled' : 'new');
            if (!wasSettled(offset)) open.add(offset);
          } else if (move.kind === 'pass') {
            next += move.gap;
            ledger.passTo(next);
          } else if (open.size > 0) {
            const offset = [...open][move.pick % open.size]!;
            open.delete(offset);
            ledger.settle(offset);
          }
          const watermark = Math.min(...open, next);
          expect(ledger.watermark).toBe(watermark);
          expect(ledger.next).toBe(next);
          const inRanges = (offset: number): boolean =>
            ledger.settledAbove().some(([first, last]) => first <= offset && offset <= last);
          for (const offset of received) expect(inRanges(offset)).toBe(offset > watermark && !open.has(offset));
          for (const [first, last] of inherited)
            if (first >= next) expect(inRanges(first) && inRanges(last)).toBe(true);
        }
      }),
    );
  });

  it('keeps going over many thousands of records', () => {
    const ledger = new Ledger(0, []);
    for (let offset = 0; offset < 20_000; offset += 1) {
      expect(ledger.receive(offset)).toBe('new');
      if (offset >= 10) ledger.settle(offset - 10);
    }
    expect(ledger.watermark).toBe(19_990);
    expect(ledger.settledAbove()).toEqual([]);
  });

  it('receives nothing twice, and settling twice changes nothing', () => {
    const ledger = new Ledger(5, []);
    expect([ledger.receive(4), ledger.receive(5), ledger.receive(5), ledger.receive(6)]).toEqual([
      'again',
      'new',
      'again',
      'new',
    ]);
    ledger.settle(6);
    ledger.settle(6);
    expect([ledger.watermark, ledger.settledAbove()]).toEqual([5, [[6, 6]]]);
    ledger.settle(5);
    expect([ledger.watermark, ledger.settledAbove()]).toEqual([7, []]);
  });

  it('does not accept that something is settled that was never received', () => {
    expect(() => new Ledger(0, []).settle(3)).toThrow('offset 3');
  });

  it('knows neighbours across gaps', () => {
    const ledger = new Ledger(0, []);
    for (const offset of [1, 5, 9]) ledger.receive(offset);
    expect([ledger.adjacent(1, 5), ledger.adjacent(1, 9), ledger.adjacent(5, 9)]).toEqual([true, false, true]);
  });
});
