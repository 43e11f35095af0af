/** Very many records of one key, and as many different keys: nothing lost, repeated or swapped, and what the invoker holds does not grow with them (D1, D9, P1). */
import { expect, it } from 'vitest';
import { LoadKafka } from '../../../../../e2e/bench/kafka.ts';
import { memory } from '../../../../../e2e/bench/meter.ts';
import { OffsetServer } from './offset-server.ts';
import { stage } from './stage.ts';

const on = stage();
/** Ten million of one key passed by hand, in six minutes on a busy machine. */
const records = Number(process.env.HEADRACE_MANY_RECORDS ?? 1_000_000);
/** A million takes 10 s; a machine that is busy with other things has needed 65. */
const withinMs = Math.max(1, records / 1_000_000) * 150_000;
const sentAtOnce = 5_000;
const residentMaxMb = 500;
const maxBufferedBytes = 8_000_000;

it.each([
  { what: 'one key in one partition', partitions: 1, keyOf: () => 'the key' },
  { what: 'a different key each, in two partitions', partitions: 2, keyOf: (n: number) => `key-${n}` },
])(
  'D1 D9 P1: $what: each once, in order, with its key; memory stays bounded',
  async ({ partitions, keyOf }) => {
    const server = await OffsetServer.start(({ data, partitionkey }, partition, offset) => {
      const n = offset * partitions + partition;
      return data === n && partitionkey === keyOf(n);
    });
    on.after(() => server.stop());
    const contract = {
      batch: { maxRecords: 1_000, maxBytes: 1_000_000, maxWaitMs: 0 },
      flow: { maxBufferedBytes, maxResponseBytes: 1_000_000, drainTimeoutMs: 8_000 },
    };
    const scene = await on.scene({ partitions, endpoints: [server.endpoint], contract });
    const load = await LoadKafka.connect(on.bootstrap);
    on.after(() => load.close());
    for (let from = 0; from < records; from += sentAtOnce) {
      const numbers = Array.from({ length: sentAtOnce }, (_, index) => from + index);
      await load.send(
        scene.input,
        numbers.map((n) => ({ partition: n % partitions, key: keyOf(n), value: String(n) })),
      );
    }

    const invoker = await scene.invoker();
    let mostBytes = 0;
    const isDone = async (): Promise<boolean> => {
      const { bufferedBytes, recordsSettled } = await invoker.report();
      mostBytes = Math.max(mostBytes, bufferedBytes);
      return recordsSettled === records;
    };
    await invoker.until('all is settled', isDone, withinMs);
    expect(server.wrong).toEqual([]);
    expect(server.count).toBe(records);
    expect(mostBytes).toBeLessThanOrEqual(maxBufferedBytes);
    expect(memory(invoker.pid).peakMb).toBeLessThan(residentMaxMb);
    expect(await invoker.end()).toBe(0);
    const committed = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
    expect(committed.map(({ offset }) => offset)).toEqual(Array(partitions).fill(records / partitions));
  },
  2 * withinMs,
);
