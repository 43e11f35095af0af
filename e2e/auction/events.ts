/** The auction's events: what their data says, and how a CloudEvent becomes a Kafka message and back. */

export interface PlacedItem {
  readonly item: string;
  readonly seller: string;
  readonly category: string;
  readonly location: string;
  /** Cents. */
  readonly reserve: number;
  /** RFC 3339. */
  readonly opensAt: string;
  readonly expiresAt: string;
}

export interface ListedItem extends PlacedItem {
  /** Geohash of the location. */
  readonly cell: string;
}

export interface Bid {
  readonly bid: string;
  readonly item: string;
  readonly bidder: string;
  /** Cents. */
  readonly amount: number;
}

export interface ItemComplete {
  readonly item: string;
  readonly seller: string;
  readonly category: string;
  readonly cell: string;
  /** Null when nobody bid the reserve. */
  readonly winner: string | null;
  /** Cents; 0 without a winner. */
  readonly price: number;
  readonly bids: number;
  /** Distinct, at most `maxBidders` of them. */
  readonly bidders: readonly string[];
}

export interface AuctionEvent<T> {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** The item: the key of every record of the auction. */
  readonly item: string;
  /** Unix ms. */
  readonly timeMs: number;
  readonly data: T;
}

export interface AuctionMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

/** Both of the ways in which a CloudEvent may stand in Kafka. */
export type ContentMode = 'Binary' | 'Structured';

export function messageOf(
  { id, type, source, item, timeMs, data }: AuctionEvent<unknown>,
  mode: ContentMode,
): AuctionMessage {
  const attributes = { specversion: '1.0', id, type, source, subject: item, time: new Date(timeMs).toISOString() };
  if (mode === 'Structured') {
    const value = JSON.stringify({ ...attributes, datacontenttype: 'application/json', data });
    return { key: item, value, headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' } };
  }
  const headers = Object.entries(attributes).map(([name, text]) => [`ce_${name}`, text]);
  return {
    key: item,
    value: JSON.stringify(data),
    headers: { ...Object.fromEntries(headers), 'content-type': 'application/json' },
  };
}

/** The data of a CloudEvent in either mode. Throws on what is none: the auction's own topics hold nothing else. */
export function dataOf(value: Buffer | null, headers: Readonly<Record<string, unknown>>): unknown {
  const parsed = JSON.parse(value?.toString('utf8') ?? 'null') as unknown;
  if (headers.ce_specversion !== undefined) return parsed;
  return (parsed as { readonly data?: unknown }).data;
}
