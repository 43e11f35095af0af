/** Kafka's offsets, 64 bits wide, as plain numbers: these are exact below 2^53, and what is not exact is never read or committed. PURE. */

/**
 * Stands for itself and for every offset above it. A position here is out of range in any log that ends before it, and what a log holds from here
 * on is refused: so nothing is read or skipped by a rounded number.
 */
export const beyondOffset = 2 ** 53;

/** A batch may end here: the position behind it is a safe integer still. */
export const greatestOffset = Number.MAX_SAFE_INTEGER - 1;

export function offsetNumber(offset: bigint): number {
  return offset >= BigInt(beyondOffset) ? beyondOffset : Number(offset);
}
