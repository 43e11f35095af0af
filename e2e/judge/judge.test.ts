// The judge is judged: a flawless stream passes, and every kind of flaw put into it is found, by name and alone.
import { describe, expect, it } from 'vitest';
import { identityOf } from './identity.ts';
import { type EndedEvent, type Evidence, judge, type Verdict } from './judge.ts';
import { verdictLines } from './verdict-text.ts';

type Ended = Record<string, EndedEvent[]>;
type Flaw = 'lost' | 'duplicates' | 'swapped' | 'misrouted' | 'strangers' | 'missing';
const flaws: readonly Flaw[] = ['lost', 'duplicates', 'swapped', 'misrouted', 'strangers', 'missing'];

/** Two source partitions of four events, a0…a3 and b0…b3; b1 is rejected, b2 a dead letter; all others go to one output partition, interleaved. */
const source = ['a', 'b'].flatMap((name, partition) =>
  [0, 1, 2, 3].map((offset) => ({ id: `${name}${offset}`, partition, offset })),
);
const to = (partition: number, ...causes: string[]): EndedEvent[] =>
  causes.map((cause, offset) => ({ partition, offset, cause, id: `${cause}/0` }));
const flawless = (): Ended => ({
  items: to(0, 'a0', 'b0', 'a1', 'a2', 'b3', 'a3'),
  rejected: to(0, 'b1'),
  dlt: to(0, 'b2'),
});
const judged = (ended: Ended, more: Partial<Evidence> = {}): Verdict =>
  judge({ source, ended: new Map(Object.entries(ended)), perEvent: 'one', ...more });
/** The kinds of flaws found, each with its ids. */
const found = (verdict: Verdict) =>
  Object.fromEntries(
    flaws.flatMap((flaw) => {
      const names = verdict[flaw].map((entry) => {
        if (typeof entry === 'string') return entry;
        return 'id' in entry ? entry.id : entry.cause;
      });
      return names.length > 0 ? [[flaw, names]] : [];
    }),
  );

it('a flawless stream passes', () => {
  const verdict = judged(flawless(), { generated: source.map(({ id }) => id) });
  expect(verdict).toMatchObject({
    isFlawless: true,
    generated: 8,
    found: 8,
    records: { items: 6, rejected: 1, dlt: 1 },
  });
  expect(found(verdict)).toEqual({});
});

describe('a flaw is found by name, and no other is', () => {
  const cases: [string, (ended: Ended) => void, Partial<Record<Flaw, (string | null)[]>>][] = [
    ['D1 a lost record', (ended) => ended.items?.splice(3, 1), { lost: ['a2'] }],
    ['D1 a lost dead letter', (ended) => ended.dlt?.pop(), { lost: ['b2'] }],
    [
      'D1 everything lost',
      (ended) => {
        for (const list of Object.values(ended)) list.splice(0);
      },
      { lost: source.map(({ id }) => id) },
    ],
    [
      'P1 two swapped records of a source partition',
      (ended) => (ended.items = to(0, 'a0', 'b0', 'a2', 'a1', 'b3', 'a3')),
      { swapped: ['a1'] },
    ],
    [
      'P1 one that came far too late: once, not each that it passed',
      (ended) => (ended.items = to(0, 'b0', 'a1', 'a2', 'b3', 'a3', 'a0')),
      { swapped: ['a0'] },
    ],
    [
      'D5 a repeated record',
      (ended) => ended.items?.push({ partition: 0, offset: 9, cause: 'a3', id: 'a3/0' }),
      { duplicates: ['a3'] },
    ],
    [
      'D5 a late repeat is a repeat, not a swap',
      (ended) => ended.items?.push({ partition: 0, offset: 9, cause: 'a0', id: 'a0/0' }),
      { duplicates: ['a0'] },
    ],
    [
      'D5 a repeat in another partition',
      (ended) => ended.items?.push({ partition: 4, offset: 0, cause: 'a1', id: 'a1/0' }),
      { duplicates: ['a1'] },
    ],
    [
      'a record both accepted and rejected',
      (ended) => ended.rejected?.push({ partition: 1, offset: 0, cause: 'a1', id: 'x' }),
      { misrouted: ['a1'] },
    ],
    [
      'a record both accepted and a dead letter',
      (ended) => ended.dlt?.push({ partition: 0, offset: 1, cause: 'b3', id: 'b3' }),
      { misrouted: ['b3'] },
    ],
    [
      'a record of no source event',
      (ended) => ended.items?.push({ partition: 0, offset: 9, cause: 'c7', id: 'c7/0' }),
      { strangers: ['c7'] },
    ],
    [
      'a record without causationid',
      (ended) => ended.items?.push({ partition: 0, offset: 9, cause: null, id: 'z' }),
      { strangers: [null] },
    ],
  ];
  it.each(cases)('%s', (_, spoil, expected) => {
    const ended = flawless();
    spoil(ended);
    const verdict = judged(ended);
    expect(found(verdict)).toEqual(expected);
    expect(verdict.isFlawless).toBe(false);
  });

  it('an event that was acknowledged but is not in the source', () => {
    expect(found(judged(flawless(), { generated: ['a0', 'c1'] }))).toEqual({ missing: ['c1'] });
  });
});

describe('what is no flaw', () => {
  it('events of two source partitions in any order of each other', () => {
    const ended = { ...flawless(), items: to(0, 'b0', 'b3', 'a0', 'a1', 'a2', 'a3') };
    expect(judged(ended).isFlawless).toBe(true);
  });
  it('events of one source partition in any order over two written partitions', () => {
    const ended = { ...flawless(), items: [...to(1, 'a1', 'a3'), ...to(0, 'a0', 'b0', 'a2', 'b3')] };
    expect(judged(ended).isFlawless).toBe(true);
  });
  it('records that were read in another order than they stand', () => {
    const ended = flawless();
    ended.items?.reverse();
    expect(judged(ended).isFlawless).toBe(true);
  });
  it('an id that the source itself holds twice, ending twice; three times is', () => {
    const twice = [...source, { id: 'a3', partition: 0, offset: 4 }];
    const ended = { ...flawless(), items: to(0, 'a0', 'b0', 'a1', 'a2', 'b3', 'a3', 'a3') };
    expect(judged(ended, { source: twice })).toMatchObject({ isFlawless: true, repeatedInSource: ['a3'] });
    ended.items.push({ partition: 0, offset: 9, cause: 'a3', id: 'a3/0' });
    expect(found(judged(ended, { source: twice }))).toEqual({ duplicates: ['a3'] });
  });
  it('several records per event where that is said, unless one has the same id again', () => {
    const more = { partition: 0, offset: 9, cause: 'a3', id: 'a3/1' };
    const ended = { ...flawless(), items: [...(flawless().items ?? []), more] };
    expect(found(judged(ended))).toEqual({ duplicates: ['a3'] });
    expect(judged(ended, { perEvent: 'many' }).isFlawless).toBe(true);
    ended.items.push({ ...more, offset: 10 });
    expect(found(judged(ended, { perEvent: 'many' }))).toEqual({ duplicates: ['a3'] });
  });
});

describe('identityOf', () => {
  it.each([
    ['binary', { ce_id: Buffer.from('x'), ce_causationid: Buffer.from('s') }, null, { id: 'x', cause: 's' }],
    ['binary without a cause', { ce_id: Buffer.from('x') }, '{"id":"not this"}', { id: 'x', cause: null }],
    ['a header that came twice', { ce_id: [Buffer.from('x'), Buffer.from('y')] }, null, { id: null, cause: null }],
    ['structured', {}, '{"id":"x","causationid":"s"}', { id: 'x', cause: 's' }],
    ['an id that is no text', {}, '{"id":7}', { id: null, cause: null }],
    ['no JSON', {}, '{', { id: null, cause: null }],
    ['a null value', {}, null, { id: null, cause: null }],
  ])('%s', (_, headers, value, expected) => {
    expect(identityOf({ headers, value: value === null ? null : Buffer.from(value) })).toEqual(expected);
  });
});

it('the text names each flaw with its place, and not more than a few', () => {
  const ended = flawless();
  ended.items?.splice(3, 1);
  ended.items?.push({ partition: 0, offset: 9, cause: 'a0', id: 'a0/0' });
  expect(verdictLines('place-item', judged(ended))).toEqual([
    '✗ place-item: 7 of 8 found (items 6, rejected 1, dlt 1); 1 lost, 1 repeated, 0 swapped, 0 in two places',
    '    lost: a2, source partition 0 offset 2',
    '    repeated: a0 again at items[0]@9',
  ]);
  expect(verdictLines('place-item', judged({}))).toHaveLength(7);
});
