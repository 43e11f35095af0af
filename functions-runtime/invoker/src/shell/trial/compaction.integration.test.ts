/** A topic that Kafka has compacted: holes where records were, at its head, within, and before its end; none holds the position (D10). */
import { expect, it } from 'vitest';
import { type Broker, startBroker } from '../../../../../e2e/cluster/broker.ts';
import { eventually } from '../../../../../e2e/then/eventually.ts';
import { stage } from './stage.ts';

let broker: Broker | undefined;
const on = stage({
  broker: async () => {
    broker = await startBroker({ properties: { 'log.cleaner.backoff.ms': '100' } });
    return broker.bootstrap;
  },
});

it('D10 D11: records that were compacted away are passed, the position gets to the end, nothing is called out of range', async () => {
  on.after(async () => broker?.dispose());
  const server = await on.server();
  const topics = { 'cleanup.policy': 'compact', 'segment.ms': '200', 'min.cleanable.dirty.ratio': '0.001' };
  const scene = await on.scene({ partitions: 1, endpoints: [server.endpoint], topics });
  const send = (numbers: readonly number[]) =>
    on.judge.send(
      scene.input,
      numbers.map((n) => ({ partition: 0, key: `k${n % 3}`, value: JSON.stringify({ n }) })),
    );
  // Offset = n. Of each key only the newest stays in closed segments.
  for (let n = 0; n < 30; n += 10) await send(Array.from({ length: 10 }, (_, index) => n + index));
  const visible = async (): Promise<number[]> => {
    const reader = await on.judge.read(scene.input);
    try {
      await eventually(
        'the end is read',
        { withinMs: 20_000, everyMs: 50 },
        async () => reader.records.at(-1)?.offset,
        (last) => last === next - 1,
      );
      return reader.records.map(({ offset }) => offset);
    } finally {
      await reader.stop();
    }
  };
  let next = 30;
  // A segment is closed when the next record comes after its time.
  const offsets = await eventually(
    'the log has holes',
    { withinMs: 60_000, everyMs: 500 },
    async () => {
      await send([next]);
      next += 1;
      return visible();
    },
    (seen) => seen[0]! > 20 && seen.length <= 8,
  );
  const invoker = await scene.invoker();
  await invoker.until('the commit is at the end', async () => {
    const [commit] = await on.judge.committed(scene.contract.source.consumerGroup, scene.input);
    return commit?.offset === next;
  });
  // What was compacted since it was listed may be missing, what was listed last may not.
  await eventually(
    'the last record is out',
    { withinMs: 20_000, everyMs: 50 },
    async () => scene.numbersOut().at(-1),
    (last) => last === offsets.at(-1),
  );
  expect(scene.numbersOut().filter((n) => !offsets.includes(n))).toEqual([]);
  expect((await invoker.report()).outOfRange).toEqual({ count: 0, skipped: 0 });
});
