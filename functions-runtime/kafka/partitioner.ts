/** Which partition a record goes to, as Kafka's Java producer decides by default for records with a key. PURE. */

const seed = 0x9747b28c;
const mix = 0x5bd1e995;

/** MurmurHash2, 32 bit, with the seed and the byte order of Kafka's clients; a signed 32-bit integer. */
export function murmur2(data: Uint8Array): number {
  const length = data.length;
  let hash = seed ^ length;
  const whole = length - (length % 4);
  for (let at = 0; at < whole; at += 4) {
    let word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    word = Math.imul(word, mix);
    word ^= word >>> 24;
    word = Math.imul(word, mix);
    hash = Math.imul(hash, mix) ^ word;
  }
  if (length > whole) {
    if (length - whole === 3) hash ^= data[whole + 2]! << 16;
    if (length - whole >= 2) hash ^= data[whole + 1]! << 8;
    hash ^= data[whole]!;
    hash = Math.imul(hash, mix);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, mix);
  hash ^= hash >>> 15;
  return hash | 0;
}

/** `partitionCount` of the whole topic, not of those that are available now: a key must not move when a broker is away. */
export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}
