/** Decompresses the body of a record batch, never into more than a given number of bytes. PURE. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { decompressLz4Frame, decompressSnappy } from './wire.ts';

/** Bits 0 to 2 of a batch's attributes. */
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export class TooLarge extends Error {}
export class UnknownCodec extends Error {}

/** Throws `TooLarge`, `UnknownCodec`, or what the codec throws for bytes that are not its own. */
export function decompressed(attributes: number, body: Buffer, maxBytes: number): Buffer {
  const codec = codecs[attributes & 0b111];
  switch (codec) {
    case 'none':
      if (body.length > maxBytes) throw new TooLarge();
      return body;
    case 'gzip':
      return withinLimit(() => gunzipSync(body, { maxOutputLength: maxBytes }));
    case 'zstd':
      return withinLimit(() => zstdDecompressSync(body, { maxOutputLength: maxBytes }));
    case 'snappy':
      // These two know no limit: what they will need is read from their headers first.
      if (snappyBytes(body) > maxBytes) throw new TooLarge();
      return decompressSnappy(body);
    case 'lz4':
      if (lz4FrameBytes(body) > maxBytes) throw new TooLarge();
      return decompressLz4Frame(body);
    case undefined:
      throw new UnknownCodec(`codec ${attributes & 0b111}`);
    default:
      return codec satisfies never;
  }
}

function withinLimit(inflate: () => Buffer): Buffer {
  try {
    return inflate();
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw new TooLarge();
    throw error;
  }
}

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);

/** The bytes that a snappy block, or the Java library's stream of blocks, says it holds. */
export function snappyBytes(body: Buffer): number {
  if (!body.subarray(0, xerialMagic.length).equals(xerialMagic)) return leadingVarint(body, 0);
  let bytes = 0;
  // Magic, two versions; then length and block, again and again.
  for (let at = 16; at + 4 <= body.length; at += 4 + body.readUInt32BE(at)) bytes += leadingVarint(body, at + 4);
  return bytes;
}

function leadingVarint(body: Buffer, begin: number): number {
  let value = 0;
  for (let at = begin, factor = 1; at < body.length && at < begin + 5; at += 1, factor *= 128) {
    const byte = body[at]!;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
  throw new RangeError('a snappy block without its length');
}

/** At most what an lz4 frame holds: the size it declares, or its blocks at their greatest. */
export function lz4FrameBytes(body: Buffer): number {
  const flags = body.readUInt8(4);
  const blockMaxBytes = 1 << (8 + 2 * ((body.readUInt8(5) >> 4) & 0b111));
  const hasContentSize = (flags & 0b1000) !== 0;
  const hasDictionary = (flags & 0b1) !== 0;
  const blockChecksumBytes = (flags & 0b1_0000) !== 0 ? 4 : 0;
  let bytes = 0;
  let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0);
  while (at + 4 <= body.length) {
    const size = body.readUInt32LE(at);
    if (size === 0) break;
    const isRaw = size >= 2 ** 31;
    const stored = isRaw ? size - 2 ** 31 : size;
    // A block of lz4 grows at most 255-fold.
    bytes += isRaw ? stored : Math.min(blockMaxBytes, stored * 255);
    at += 4 + stored + blockChecksumBytes;
  }
  return bytes;
}
