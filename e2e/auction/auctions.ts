/** Open auctions: takes listed items and accepted bids in any order, however often, and says which auctions are over. No clock, no IO. */
import type { AuctionEvent, Bid, ItemComplete, ListedItem } from './events.ts';

export interface AuctionRules {
  /** How long after its end, or after it was first heard of if that is later, an auction still waits for bids on their way. */
  readonly graceMs: number;
}

/** Bidders that are named in the end; more are only counted. */
export const maxBidders = 50;
/** Auctions kept, open ones and ones that ended; beyond, the oldest is forgotten. */
const maxKept = 100_000;

interface Auction {
  item: ListedItem | null;
  readonly bids: Map<string, Bid>;
  closesMs: number;
}

export class OpenAuctions {
  readonly #rules: AuctionRules;
  readonly #auctions = new Map<string, Auction>();
  /** Items that are done with, so that a repeat does not open them again. */
  readonly #closed = new Set<string>();

  constructor(rules: AuctionRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#auctions.size;
  }

  listed(item: ListedItem, atMs: number): void {
    const auction = this.#auctionOf(item.item, atMs);
    if (!auction || auction.item) return;
    auction.item = item;
    auction.closesMs = Math.max(Date.parse(item.expiresAt), atMs) + this.#rules.graceMs;
  }

  /** A bid may come before its item: the two come by different topics. */
  bid(bid: Bid, atMs: number): void {
    this.#auctionOf(bid.item, atMs)?.bids.set(bid.bid, bid);
  }

  /** Auctions that are over, once each. Bids whose item never came end with nothing. */
  due(atMs: number): AuctionEvent<ItemComplete>[] {
    const over = [...this.#auctions].filter(([, { closesMs }]) => closesMs <= atMs);
    return over.flatMap(([name, { item, bids }]) => {
      this.#auctions.delete(name);
      remember(this.#closed, name);
      return item ? [completion(item, [...bids.values()], atMs)] : [];
    });
  }

  #auctionOf(name: string, atMs: number): Auction | undefined {
    if (this.#closed.has(name)) return undefined;
    const known = this.#auctions.get(name);
    if (known) return known;
    if (this.#auctions.size >= maxKept) forgetOldest(this.#auctions);
    const auction: Auction = { item: null, bids: new Map(), closesMs: atMs + itemAwaitedMs };
    this.#auctions.set(name, auction);
    return auction;
  }
}

/** How long bids wait for their item. */
const itemAwaitedMs = 120_000;

function completion(item: ListedItem, bids: readonly Bid[], atMs: number): AuctionEvent<ItemComplete> {
  const best = bids.reduce<Bid | null>((highest, bid) => (bid.amount > (highest?.amount ?? 0) ? bid : highest), null);
  const sold = best !== null && best.amount >= item.reserve ? best : null;
  const bidders = [...new Set(bids.map(({ bidder }) => bidder))];
  return {
    // The same whenever the same item completes.
    id: `${item.item}/complete`,
    type: 'dev.headrace.auction.item.completed',
    source: '/auction/processor',
    item: item.item,
    timeMs: atMs,
    data: {
      ...{ item: item.item, seller: item.seller, category: item.category, cell: item.cell },
      ...{ winner: sold?.bidder ?? null, price: sold?.amount ?? 0, bids: bids.length },
      bidders: sold
        ? [sold.bidder, ...bidders.filter((name) => name !== sold.bidder)].slice(0, maxBidders)
        : bidders.slice(0, maxBidders),
    },
  };
}

function remember(names: Set<string>, name: string): void {
  if (names.size >= maxKept) forgetOldest(names);
  names.add(name);
}

/** Maps and sets keep the order of insertion. */
function forgetOldest(kept: { keys(): Iterator<string>; delete(name: string): boolean }): void {
  const oldest = kept.keys().next();
  if (!oldest.done) kept.delete(oldest.value);
}
