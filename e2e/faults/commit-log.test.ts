/** Kafka's own format of a commit, read back: the fields as the broker writes them, in the versions of today. */
import { describe, expect, it } from 'vitest';
import { loggedCommit, ownerOf } from './commit-log.ts';

const text = (value: string): Buffer => {
  const length = Buffer.alloc(2);
  length.writeInt16BE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value)]);
};
const number = (bytes: 2 | 4 | 8, value: number): Buffer => {
  const room = Buffer.alloc(bytes);
  if (bytes === 8) room.writeBigInt64BE(BigInt(value));
  else room.writeIntBE(value, 0, bytes);
  return room;
};
const key = Buffer.concat([number(2, 1), text('group'), text('topic'), number(4, 7)]);
const written = { group: 'group', topic: 'topic', partition: 7, offset: 2 ** 40, unixMs: 1_790_000_000_123 };

describe('a commit in the broker’s record', () => {
  it('of version 3', () => {
    const value = [number(2, 3), number(8, 2 ** 40), number(4, -1), text('{"e":5}'), number(8, 1_790_000_000_123)];
    expect(loggedCommit(key, Buffer.concat(value))).toEqual({ ...written, metadata: '{"e":5}' });
  });
  it('of version 4, whose texts are compact', () => {
    const metadata = 'x'.repeat(200);
    const compact = Buffer.concat([Buffer.from([(201 & 0x7f) | 0x80, 1]), Buffer.from(metadata)]);
    const value = [
      number(2, 4),
      number(8, 2 ** 40),
      number(4, -1),
      compact,
      number(8, 1_790_000_000_123),
      Buffer.from([0]),
    ];
    expect(loggedCommit(key, Buffer.concat(value))).toEqual({ ...written, metadata });
  });
  it('is told from records of members, and from deletions', () => {
    expect(loggedCommit(Buffer.concat([number(2, 3), text('group')]), Buffer.from([0, 0]))).toBeNull();
    expect(loggedCommit(key, null)).toBeNull();
  });
});

describe('its metadata', () => {
  it.each([
    ['{"v":1,"e":12,"t":"id","r":1,"s":[],"a":[]}', { epoch: 12, released: true }],
    ['{"v":1,"e":12,"t":"id","r":0,"s":[],"a":[]}', { epoch: 12, released: false }],
    ['', null],
    ['{}', null],
  ])('%s', (metadata, owner) => {
    expect(ownerOf(metadata)).toEqual(owner);
  });
});
