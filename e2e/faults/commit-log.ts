/** Reads the broker's own record of commits (`__consumer_offsets`) byte by byte: what was committed in which order, whatever anybody's log says. */

export interface LoggedCommit {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
  readonly unixMs: number;
}

/** Null: a record about something else (members, epochs), or a commit that was deleted. */
export function loggedCommit(key: Buffer | null, value: Buffer | null): LoggedCommit | null {
  if (key === null || value === null || key.length < 2 || key.readInt16BE(0) > 1) return null;
  const keys = new Reading(key, 2);
  const group = keys.text();
  const topic = keys.text();
  const partition = keys.int32();
  const version = value.readInt16BE(0);
  const values = new Reading(value, 2);
  const offset = values.int64();
  if (version >= 3) values.int32();
  const metadata = version >= 4 ? values.compactText() : values.text();
  return { group, topic, partition, offset, metadata, unixMs: values.int64() };
}

/** Fields one after the other, as Kafka writes them. */
class Reading {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  int32(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }
  int64(): number {
    this.#at += 8;
    return Number(this.#bytes.readBigInt64BE(this.#at - 8));
  }
  text(): string {
    const length = this.#bytes.readInt16BE(this.#at);
    return this.#take(2, length);
  }
  /** Length plus one as an unsigned varint. */
  compactText(): string {
    let length = 0;
    let read = 0;
    for (let byte = 0x80; (byte & 0x80) !== 0; read += 1) {
      byte = this.#bytes.readUInt8(this.#at + read);
      length |= (byte & 0x7f) << (7 * read);
    }
    return this.#take(read, length - 1);
  }
  #take(prefix: number, length: number): string {
    const from = this.#at + prefix;
    this.#at = from + Math.max(length, 0);
    return this.#bytes.toString('utf8', from, this.#at);
  }
}

/** What an invoker writes beside an offset, as far as the checker wants to know. Null: not an invoker's. */
export function ownerOf(metadata: string): { readonly epoch: number; readonly released: boolean } | null {
  try {
    const { e, r } = JSON.parse(metadata) as { e?: unknown; r?: unknown };
    return typeof e === 'number' ? { epoch: e, released: r === 1 } : null;
  } catch {
    return null;
  }
}
