// Promise: a record that cannot be done goes to the dead letter topic byte by byte, with the reason; its partition goes on (D3, D6, D7).
import { expect } from 'vitest';
import { streamBinding } from '../given/binding.ts';
import { eventFunction } from '../given/function.ts';
import { scenario } from '../given/stage.ts';
import type { RecordToSend } from '../given/topics.ts';
import { drained } from '../then/flow.ts';
import { jsonOf, recordsOf, type SeenRecord } from '../then/records.ts';

const name = 'picky';
const maxAttempts = 3;

const code = `
export default ({ data }, context) => {
  if (data?.refuse) context.reject('not in this house');
  if (data?.n === undefined) throw new Error('this is no order: ' + typeof data);
  return data;
};
`;

const order = (n: number): RecordToSend => ({ key: 'orders', value: JSON.stringify({ n }), partition: 0 });
/** No text in any encoding, with headers that repeat, that are empty, that are bytes. */
const poison: RecordToSend = {
  key: 'orders',
  value: Buffer.from([0x00, 0xff, 0xfe, 0x7b, 0x22, 0x80]),
  headers: { trace: ['first', 'second'], empty: '', bytes: Buffer.from([0xc3, 0x28]) },
  timestamp: '1600000000123',
  partition: 0,
};
const refused: RecordToSend = { key: 'orders', value: JSON.stringify({ refuse: true }), partition: 0 };

scenario('D3 D6 D7: a poison record goes to the dead letter topic byte-identical', async ({ stage }) => {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const { input, output, dead } = await stage.made({ input: 1, output: 1, dead: 1 });
  await kubernetes.apply(
    eventFunction(name, code),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer, output: { topic: output } },
      delivery: {
        // There is one partition, so that nothing but time can tell poison from an outage: five seconds of doubt are enough here.
        retry: { maxAttempts, initialBackoff: '50ms', maxBackoff: '100ms', maxAge: '5s' },
        deadLetter: { topic: dead },
      },
    }),
  );
  await stage.topics.send(input, [order(1), order(2), poison, order(3), refused, order(4)]);
  await drained(stage, name, input, { withinMs: 90_000 });

  const outputs = (await recordsOf(stage, output)).map((record) => (jsonOf(record) as { n: number }).n);
  expect(outputs).toEqual([1, 2, 3, 4]);

  const [source, letters] = [await recordsOf(stage, input), await recordsOf(stage, dead)];
  expect(letters).toHaveLength(2);
  for (const [letter, original, reason, attempts] of [
    [letters[0], source[2], /this is no order/, maxAttempts],
    [letters[1], source[4], /not in this house/, 1],
  ] as [SeenRecord, SeenRecord, RegExp, number][]) {
    const { length } = original.headers;
    expect(letter.key).toEqual(original.key);
    expect(letter.value).toEqual(original.value);
    expect(letter.timestampMs).toBe(original.timestampMs);
    expect(letter.headers.slice(0, length)).toEqual(original.headers);
    const added = Object.fromEntries(letter.headers.slice(length).map(([key, value]) => [key, String(value)]));
    expect(added['headrace-reason']).toMatch(reason);
    expect(Number(added['headrace-attempts'])).toBe(attempts);
    expect(added['headrace-origin-topic']).toBe(input);
    expect(added['headrace-origin-partition']).toBe('0');
    expect(added['headrace-origin-offset']).toBe(String(original.offset));
    expect(Date.parse(added['headrace-first-failure-time'] ?? '')).toBeGreaterThan(0);
  }
});
