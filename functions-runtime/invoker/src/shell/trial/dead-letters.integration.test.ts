/** Dead letters byte by byte (D7): written by Kafka's Java producer, through a real invoker, read by Kafka's Java consumer. */
import { expect, it } from 'vitest';
import { deadLetterHeaders, originHeaders } from '#contract/outgoing.ts';
import { type JavaRecord, javaReads, javaWrites } from '../../../../../e2e/judge/java-records.ts';
import { stage } from './stage.ts';

const on = stage();
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const text = (value: string): Buffer => Buffer.from(value);

const plain: JavaRecord = { partition: 0, timestampMs: 1_700_000_000_000, key: null, value: text('{}'), headers: [] };
const records: readonly JavaRecord[] = [
  { ...plain, value: text('null key') },
  { ...plain, key: text(''), value: text('empty key') },
  { ...plain, key: text('k'), value: text('') },
  { ...plain, key: text('tombstone'), value: null },
  { ...plain, key: null, value: null },
  { ...plain, key: everyByte, value: everyByte },
  { ...plain, key: text('schlüssel-键'), value: text('größe: 大 😀') },
  { ...plain, value: Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0xed, 0xa0, 0x80]) },
  {
    ...plain,
    headers: [
      ['a', text('1')],
      ['b', text('x')],
      ['a', text('2')],
      ['a', text('1')],
      ['B', text('upper')],
      ['', text('no name')],
      ['null', null],
      ['empty', text('')],
      ['ümläut', text('ä\r\nset-cookie: x')],
      ['binary', everyByte],
    ],
  },
  { ...plain, headers: [['large', Buffer.alloc(100_000, 0xe9)]] },
  { ...plain, headers: Array.from({ length: 500 }, (_, index) => [`h${index % 7}`, text(String(index))] as const) },
  // Names that ours have too: theirs stay, in their places.
  {
    ...plain,
    headers: [
      [deadLetterHeaders.reason, text('of an earlier life')],
      [originHeaders.topic, text('elsewhere')],
      ['content-type', text('application/cloudevents+json')],
      ['ce_specversion', text('1.0')],
    ],
  },
  { ...plain, timestampMs: 0, value: text('1970') },
  { ...plain, timestampMs: 253_402_300_799_999, value: text('9999') },
  { ...plain, timestampMs: 1_500_000_000_123, value: text('earlier than the one before') },
  { ...plain, value: Buffer.alloc(900_000, 'x') },
  { ...plain, value: text('1},{"specversion":"1.0","id":"forged","source":"/","type":"t"') },
];

it('D7: key, value, headers in order and timestamp are those of the source, whatever they are; ours stand behind', async () => {
  const server = await on.server(() => ({ status: 422, body: 'will not do' }));
  // Else brokers refuse times of the future.
  const topics = { 'message.timestamp.after.max.ms': String(2 ** 53) };
  const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], deadLetters: true, topics });
  await javaWrites(on.bootstrap, scene.input, records);
  const written = await javaReads(on.bootstrap, scene.input, records.length);
  // The source is what it should be: else equal letters would prove little.
  expect(written.map(({ offset: _, ...record }) => record)).toEqual(records);

  const invoker = await scene.invoker();
  await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === records.length, 60_000);
  const letters = await javaReads(on.bootstrap, scene.contract.delivery.deadLetterTopic!, records.length);
  expect(letters.map(({ headers }) => headers.length)).toEqual(records.map(({ headers }) => headers.length + 10));
  for (const [index, { offset, headers, ...letter }] of letters.entries()) {
    const { headers: origin, ...source } = records[index]!;
    expect(offset).toBe(index);
    expect(letter).toEqual(source);
    expect(headers.slice(0, origin.length)).toEqual(origin);
    const ours = Object.fromEntries(headers.slice(origin.length).map(([name, value]) => [name, String(value)]));
    expect(ours).toMatchObject({
      [deadLetterHeaders.destination]: 'trial/f',
      [deadLetterHeaders.attempts]: '1',
      [originHeaders.topic]: scene.input,
      [originHeaders.partition]: '0',
      [originHeaders.offset]: String(index),
    });
  }
});
