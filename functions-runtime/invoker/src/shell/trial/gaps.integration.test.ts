/** Offsets without a visible record: aborted transactions, markers; the commit reaches the end of the log all the same (D10). */
import { describe, expect, it } from 'vitest';
import { stage } from './stage.ts';

const on = stage();
const batch = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ partition: 0, value: JSON.stringify({ n: from + index }) }));

describe('gaps', () => {
  it('D10: aborted records are never seen, markers are passed, and the lag reaches 0', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
    const invoker = await scene.invoker();
    await on.judge.sendInTransactions(scene.input, [
      { records: batch(1000, 5), end: 'abort' },
      { records: batch(0, 5), end: 'commit' },
      { records: batch(1100, 5), end: 'abort' },
      { records: batch(1200, 5), end: 'abort' },
      { records: batch(5, 5), end: 'commit' },
      { records: batch(1300, 5), end: 'abort' },
    ]);
    await scene.untilOut(10);
    expect(scene.numbersOut()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const [end] = await on.judge.ends(scene.input);
    expect(end).toBe(30 + 6);
    await invoker.until('the commit is at the end', async () => {
      const [commit] = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
      return commit?.offset === end;
    });
  });

  it('tombstones, empty values, and keys of every kind arrive as what they are', async () => {
    const server = await on.server();
    const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint] });
    await scene.invoker();
    await on.judge.send(scene.input, [
      { partition: 0, key: 'k', value: null },
      { partition: 0, key: '', value: '' },
      { partition: 0, key: 'schlüssel', value: '"ü"', headers: { traceparent: '00-1-2-01' } },
      { partition: 0, value: Buffer.from([0xff]) },
    ]);
    await scene.untilOutRecords(4);
    const events = server.calls.flatMap((call) => call.events);
    expect(events.map(({ id: _, time: __, ...event }) => event)).toEqual(
      [
        { ...wrapped, partitionkey: 'k', data: null, kafkatombstone: true },
        { ...wrapped, kafkakeybase64: '', datacontenttype: 'application/octet-stream', data_base64: '' },
        {
          ...wrapped,
          partitionkey: 'schlüssel',
          datacontenttype: 'application/json',
          data: 'ü',
          traceparent: '00-1-2-01',
          kafkaheaders: '[["traceparent","MDAtMS0yLTAx"]]',
        },
        { ...wrapped, datacontenttype: 'application/octet-stream', data_base64: '/w==' },
      ].map((event) => ({ ...event, source: `/kafka/${scene.input}` })),
    );
    const keys = scene.output.records.map(({ key }) => key && String(key));
    expect(keys).toEqual(['k', '', 'schlüssel', null]);
  });
});

const wrapped = { specversion: '1.0', type: 'dev.headrace.kafka.record.v1' };
