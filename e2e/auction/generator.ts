/** Traffic of an auction house after the model of NEXMark: people come, place items and bid, most of them on few items. Seeded; no clock, no IO. */
import { Chance } from './chance.ts';
import type { AuctionEvent, Bid, ContentMode, PlacedItem } from './events.ts';

export interface GeneratorPlan {
  readonly seed: number;
  /** Goes into every id, so that two runs on the same topics share none. */
  readonly run: string;
  /** Middle of the time that an item is open; each is open from half to one and a half of it. */
  readonly openForMs: number;
  /** Share of items that the auction refuses. Default 0.05. */
  readonly refusedShare?: number;
  /** Share of bids that are no bids. Default 0.01. */
  readonly brokenBidShare?: number;
  /** Share of events that are structured in Kafka rather than binary. Default 0.2. */
  readonly structuredShare?: number;
}

export type Placed =
  | { readonly kind: 'item'; readonly mode: ContentMode; readonly event: AuctionEvent<PlacedItem> }
  | { readonly kind: 'bid'; readonly mode: ContentMode; readonly event: AuctionEvent<Bid> };

/** NEXMark's proportions: of 50 events one is a person, three are items, 46 are bids. People are not sent, they are who acts. */
const [peopleOf50, itemsOf50] = [1, 3];
const maxPeople = 10_000;
/** Open items to bid on; the oldest closes to bids when one more comes. */
const maxOpenItems = 1_000;

const categories = ['art', 'bicycles', 'books', 'cameras', 'instruments', 'maps', 'stamps', 'toys', 'watches'];
export const places = [
  ...['Amsterdam', 'Berlin', 'Bogota', 'Cairo', 'Chicago', 'Lagos', 'Lisbon', 'London'],
  ...['Melbourne', 'Mumbai', 'Nairobi', 'Paris', 'Portland', 'Sao Paulo', 'Seoul', 'Tokyo'],
];
const nowhere = ['Atlantis', 'El Dorado', 'toString'];

interface OpenItem {
  readonly item: string;
  readonly expiresMs: number;
  highest: number;
}

export class AuctionTraffic {
  readonly #plan: Required<GeneratorPlan>;
  readonly #chance: Chance;
  readonly #people: string[] = [];
  /** Oldest first: the longer an item is open, the more bid on it. */
  #open: OpenItem[] = [];
  #counts = { people: 0, items: 0, bids: 0 };

  constructor(plan: GeneratorPlan) {
    this.#plan = { refusedShare: 0.05, brokenBidShare: 0.01, structuredShare: 0.2, ...plan };
    this.#chance = new Chance(plan.seed);
  }

  /** What happens next, at that Unix time. Times must not go back. */
  next(atMs: number): Placed {
    const draw = this.#chance.below(50);
    if (draw < peopleOf50 || this.#people.length === 0) this.#join();
    this.#open = this.#open.filter(({ expiresMs }) => expiresMs > atMs);
    const isItem = this.#open.length === 0 || draw < peopleOf50 + itemsOf50;
    const mode = this.#chance.isWithin(this.#plan.structuredShare) ? 'Structured' : 'Binary';
    return isItem
      ? { kind: 'item', mode, event: this.#placeItem(atMs) }
      : { kind: 'bid', mode, event: this.#bid(atMs) };
  }

  #join(): void {
    this.#counts.people += 1;
    if (this.#people.length >= maxPeople) this.#people.shift();
    this.#people.push(`${this.#plan.run}-person-${this.#counts.people}`);
  }

  #placeItem(atMs: number): AuctionEvent<PlacedItem> {
    const chance = this.#chance;
    this.#counts.items += 1;
    const item = `${this.#plan.run}-item-${this.#counts.items}`;
    const expiresMs = atMs + Math.round(this.#plan.openForMs * (0.5 + chance.number()));
    const isRefused = chance.isWithin(this.#plan.refusedShare);
    const isUnpriced = isRefused && chance.isWithin(0.5);
    const reserve = isUnpriced ? 0 : 100 + chance.below(10_000);
    const location = chance.pick(isRefused && !isUnpriced ? nowhere : places);
    if (!isRefused) {
      if (this.#open.length >= maxOpenItems) this.#open.shift();
      this.#open.push({ item, expiresMs, highest: Math.floor(reserve / 2) });
    }
    const [opensAt, expiresAt] = [new Date(atMs).toISOString(), new Date(expiresMs).toISOString()];
    const data = {
      item,
      seller: chance.pick(this.#people),
      category: chance.pick(categories),
      location,
      reserve,
      opensAt,
      expiresAt,
    };
    return { id: item, type: 'dev.headrace.auction.item.placed', source: '/auction/people', item, timeMs: atMs, data };
  }

  #bid(atMs: number): AuctionEvent<Bid> {
    const chance = this.#chance;
    this.#counts.bids += 1;
    const bid = `${this.#plan.run}-bid-${this.#counts.bids}`;
    const on = this.#open[chance.zipfRank(this.#open.length)] as OpenItem;
    const isBroken = chance.isWithin(this.#plan.brokenBidShare);
    if (!isBroken) on.highest += 1 + chance.below(200);
    const data = {
      bid,
      item: on.item,
      bidder: chance.pick(this.#people),
      amount: isBroken ? -chance.below(2) : on.highest,
    };
    return {
      id: bid,
      type: 'dev.headrace.auction.bid.placed',
      source: '/auction/people',
      item: on.item,
      timeMs: atMs,
      data,
    };
  }
}

export interface Phase {
  readonly forMs: number;
  /** May be 0: a pause. */
  readonly eventsPerSecond: number;
}

/** How many events are due so long after the start. */
export function eventsDue(phases: readonly Phase[], elapsedMs: number): number {
  let [due, leftMs] = [0, elapsedMs];
  for (const { forMs, eventsPerSecond } of phases) {
    const spentMs = Math.min(Math.max(leftMs, 0), forMs);
    due += (spentMs * eventsPerSecond) / 1000;
    leftMs -= forMs;
  }
  // Tenths of a thousand times a rate are not always whole in binary.
  return Math.floor(due + 1e-6);
}

export const totalMs = (phases: readonly Phase[]): number => phases.reduce((sum, { forMs }) => sum + forMs, 0);
