// When an auction is over, who won it, and what repeats and early bids do to it: nothing.
import { describe, expect, it } from 'vitest';
import { maxBidders, OpenAuctions } from './auctions.ts';
import type { Bid, ListedItem } from './events.ts';

const item: ListedItem = {
  item: 'i1',
  seller: 'p1',
  category: 'maps',
  location: 'Paris',
  cell: 'u09t',
  reserve: 500,
  opensAt: new Date(0).toISOString(),
  expiresAt: new Date(1_000).toISOString(),
};
const bid = (n: number, bidder: string, amount: number): Bid => ({ bid: `b${n}`, item: 'i1', bidder, amount });
const endOf = (auctions: OpenAuctions) => auctions.due(1_100).map(({ id, data }) => ({ id, ...data }));
const opened = (...bids: Bid[]) => {
  const auctions = new OpenAuctions({ graceMs: 100 });
  auctions.listed(item, 0);
  for (const each of bids) auctions.bid(each, 10);
  return auctions;
};

describe('an auction', () => {
  it('is over once, when its time and the grace have passed', () => {
    const auctions = opened();
    expect(auctions.due(1_099)).toEqual([]);
    expect(auctions.due(1_100)).toHaveLength(1);
    expect([auctions.due(1_200), auctions.size]).toEqual([[], 0]);
  });
  it('goes to the highest bid, the earlier of two equal ones', () => {
    expect(endOf(opened(bid(1, 'p2', 600), bid(2, 'p3', 800), bid(3, 'p4', 800)))).toEqual([
      {
        id: 'i1/complete',
        item: 'i1',
        seller: 'p1',
        category: 'maps',
        cell: 'u09t',
        winner: 'p3',
        price: 800,
        bids: 3,
        bidders: ['p3', 'p2', 'p4'],
      },
    ]);
  });
  it('goes to nobody below the reserve', () => {
    expect(endOf(opened(bid(1, 'p2', 499)))).toMatchObject([{ winner: null, price: 0, bids: 1, bidders: ['p2'] }]);
  });
  it('names each bidder once and not more than a few, the winner always', () => {
    const many = Array.from({ length: 80 }, (_, n) => bid(n, `p${n % 70}`, 500 + n));
    const [end] = endOf(opened(...many));
    expect(end?.bidders).toHaveLength(maxBidders);
    expect(end?.bidders).toContain(end?.winner);
    expect(end?.bids).toBe(80);
  });
});

describe('what comes twice, early or late', () => {
  it('bids before their item count', () => {
    const auctions = new OpenAuctions({ graceMs: 100 });
    auctions.bid(bid(1, 'p2', 600), 0);
    auctions.listed(item, 5);
    expect(endOf(auctions)).toMatchObject([{ winner: 'p2' }]);
  });
  it('a repeated bid counts once, a repeated item does not prolong', () => {
    const auctions = opened(bid(1, 'p2', 600), bid(1, 'p2', 600));
    auctions.listed(item, 900);
    expect(endOf(auctions)).toMatchObject([{ bids: 1 }]);
  });
  it('an item or bid that comes again after the end opens nothing', () => {
    const auctions = opened();
    auctions.due(1_100);
    auctions.listed(item, 1_200);
    auctions.bid(bid(1, 'p2', 600), 1_200);
    expect(auctions.size).toBe(0);
  });
  it('an item that comes after its time still gets the grace', () => {
    const auctions = new OpenAuctions({ graceMs: 100 });
    auctions.listed(item, 5_000);
    expect(auctions.due(5_099)).toEqual([]);
    expect(auctions.due(5_100)).toHaveLength(1);
  });
  it('bids whose item never comes are forgotten', () => {
    const auctions = new OpenAuctions({ graceMs: 100 });
    auctions.bid(bid(1, 'p2', 600), 0);
    expect(auctions.due(10_000_000)).toEqual([]);
    expect(auctions.size).toBe(0);
  });
});
