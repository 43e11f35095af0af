// The generator: the same seed gives the same traffic, ids are unique, few items carry most bids, some events are bad on purpose.
import { describe, expect, it } from 'vitest';
import { Chance } from './chance.ts';
import type { Bid, PlacedItem } from './events.ts';
import { AuctionTraffic, eventsDue, type GeneratorPlan, type Placed, places } from './generator.ts';

const plan: GeneratorPlan = { seed: 7, run: 'r', openForMs: 10_000 };
const startMs = Date.UTC(2026, 10, 21);
const traffic = (count: number, more: Partial<GeneratorPlan> = {}): Placed[] => {
  const generator = new AuctionTraffic({ ...plan, ...more });
  return Array.from({ length: count }, (_, n) => generator.next(startMs + n * 2));
};
const itemsOf = (placed: readonly Placed[]): PlacedItem[] =>
  placed.flatMap(({ kind, event }) => (kind === 'item' ? [event.data as PlacedItem] : []));
const bidsOf = (placed: readonly Placed[]): Bid[] =>
  placed.flatMap(({ kind, event }) => (kind === 'bid' ? [event.data as Bid] : []));

describe('AuctionTraffic', () => {
  const placed = traffic(20_000);
  const [items, bids] = [itemsOf(placed), bidsOf(placed)];

  it('is the same for the same seed, another for another', () => {
    expect(traffic(500)).toEqual(traffic(500));
    expect(traffic(500, { seed: 8 })).not.toEqual(traffic(500));
  });
  it('never repeats an id, also not over runs', () => {
    const ids = [...placed, ...traffic(500, { run: 'r2' })].map(({ event }) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
  it('places about one item for fifteen bids', () => {
    expect(bids.length / items.length).toBeGreaterThan(10);
    expect(bids.length / items.length).toBeLessThan(16);
  });
  it('bids on items that are open, each bid above the last', () => {
    const closes = new Map(items.map(({ item, expiresAt }) => [item, Date.parse(expiresAt)]));
    const highest = new Map<string, number>();
    for (const { kind, event } of placed) {
      if (kind !== 'bid' || event.data.amount <= 0) continue;
      expect(closes.get(event.item)).toBeGreaterThan(event.timeMs);
      expect(event.data.amount).toBeGreaterThan(highest.get(event.item) ?? 0);
      highest.set(event.item, event.data.amount);
    }
  });
  it('keys are skewed: a tenth of the items carries over four tenths of the bids', () => {
    const counts = new Map<string, number>();
    for (const { item } of bids) counts.set(item, (counts.get(item) ?? 0) + 1);
    const sorted = [...counts.values()].sort((a, b) => b - a);
    const top = sorted.slice(0, Math.ceil(sorted.length / 10)).reduce((sum, count) => sum + count, 0);
    expect(top / bids.length).toBeGreaterThan(0.4);
  });
  it('some items and bids are bad, in the shares that were asked for', () => {
    const bad = items.filter(({ location, reserve }) => reserve <= 0 || !places.includes(location));
    expect(bad.length / items.length).toBeCloseTo(0.05, 1);
    expect(bids.filter(({ amount }) => amount <= 0).length / bids.length).toBeCloseTo(0.01, 2);
    expect(itemsOf(traffic(2_000, { refusedShare: 1 })).filter(({ reserve }) => reserve > 0).length).toBeGreaterThan(0);
  });
  it('both content modes occur', () => {
    const structured = placed.filter(({ mode }) => mode === 'Structured').length;
    expect(structured / placed.length).toBeCloseTo(0.2, 1);
  });
});

describe('eventsDue', () => {
  const phases = [
    { forMs: 1_000, eventsPerSecond: 100 },
    { forMs: 500, eventsPerSecond: 0 },
    { forMs: 1_000, eventsPerSecond: 1_000 },
  ];
  it.each([
    [0, 0],
    [5, 0],
    [10, 1],
    [1_000, 100],
    [1_499, 100],
    [1_501, 101],
    [2_500, 1_100],
    [99_000, 1_100],
  ])('after %i ms: %i', (elapsedMs, due) => {
    expect(eventsDue(phases, elapsedMs)).toBe(due);
  });
});

describe('Chance', () => {
  it('zipfRank stays in range, the first rank most often, each next less', () => {
    const chance = new Chance(1);
    const counts = new Array<number>(5).fill(0);
    for (let n = 0; n < 20_000; n += 1) counts[chance.zipfRank(5)]! += 1;
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20_000);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(chance.zipfRank(1)).toBe(0);
  });
});
