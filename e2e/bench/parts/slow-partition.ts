/** Part `slow-partition`: what the other seven partitions have of their throughput when one has a handler of 4 s. */
import { setTimeout as pause } from 'node:timers/promises';
import { step } from '../../cluster/progress.ts';
import { withConnector } from '../drained.ts';
import { oneSlowCode } from '../functions.ts';
import { CpuWatch } from '../meter.ts';
import { figure, median, spread, table } from '../numbers.ts';
import type { Part } from '../part.ts';
import type { Stage } from '../stage.ts';

const partitions = 8;
const batch = 10;
/** Above the eight calls that there can be: the notes are asked for by one more. */
const concurrency = 16;
/** Holds the load to a level at which the CPU is far from busy. */
const waitMs = 20;
const slowMs = 4_000;
const leftOutMs = 4_000;
const watchMs = 16_000;
/** More than seven lanes can take in that time. */
const records = 480_000;

type Note = readonly [partition: number, events: number, calledAtMs: number];
interface Seven {
  readonly perSecond: number;
  /** Longest time that one of them was not called. */
  readonly longestGapMs: number;
  readonly slowCalls: number;
  readonly busyCores: number;
  readonly othersCores: number;
}

async function measure(stage: Stage, topic: string, partitionZeroMs: number): Promise<Seven> {
  const wish = {
    topic,
    partitions,
    batch,
    concurrency,
    hosts: 1,
    code: oneSlowCode(partitionZeroMs, waitMs),
  };
  return withConnector(stage, 'invoker', wish, async (connector, hosts) => {
    await connector.begin();
    while ((await connector.report()).recordsSettled === 0) await pause(50);
    const watch = new CpuWatch([connector.pid, stage.brokerPid, ...hosts.map(({ pid }) => pid)]);
    await pause(leftOutMs + watchMs * stage.settings.scale);
    const { byPid, seconds, othersCores } = watch.read();
    const calls = (await hosts[0]!.notes()) as Note[];
    const endMs = calls.at(-1)![2];
    const beginMs = calls[0]![2] + leftOutMs;
    const counted = calls.filter(([partition, , calledAtMs]) => partition !== 0 && calledAtMs >= beginMs);
    const events = counted.reduce((sum, [, count]) => sum + count, 0);
    const gaps = [...Map.groupBy(counted, ([partition]) => partition).values()].flatMap((of) =>
      of.slice(1).map(([, , calledAtMs], index) => calledAtMs - of[index]![2]),
    );
    return {
      perSecond: (events * 1000) / (endMs - beginMs),
      longestGapMs: gaps.reduce((longest, gap) => Math.max(longest, gap), 0),
      slowCalls: calls.filter(([partition]) => partition === 0).length,
      busyCores: [...byPid.values()].reduce((sum, each) => sum + each, 0) / seconds,
      othersCores,
    };
  });
}

export const slowPartitionPart: Part = {
  name: 'slow-partition',
  title: 'One slow partition',
  async run(stage) {
    const topic = await stage.filledTopic(partitions, Math.round(records * Math.max(0.25, stage.settings.scale)));
    const without: Seven[] = [];
    const beside: Seven[] = [];
    await step('one slow partition', async () => {
      while (beside.length < stage.settings.runs) {
        without.push(await measure(stage, topic, waitMs));
        beside.push(await measure(stage, topic, slowMs));
      }
    });
    const row = (name: string, runs: readonly Seven[], kept: string) => [
      name,
      spread(runs.map(({ perSecond }) => perSecond)),
      kept,
      spread(runs.map(({ longestGapMs }) => longestGapMs)),
      spread(runs.map(({ slowCalls }) => slowCalls)),
      spread(runs.map(({ busyCores }) => busyCores)),
    ];
    const kept = beside.map(({ perSecond }, index) => (perSecond / without[index]!.perSecond) * 100);
    const heads = [
      '',
      'the other seven, events/s',
      'kept',
      'longest gap of one of them, ms',
      'calls of partition 0',
      'cores busy',
    ];
    const rows = [
      row(`all eight take ${waitMs} ms`, without, ''),
      row(
        `partition 0 takes ${slowMs / 1000} s`,
        beside,
        `${spread(kept)} %, median of pairs ${figure(median(kept))} %`,
      ),
    ];
    return {
      text: `A backlog in ${partitions} partitions, batch ${batch}, one host with concurrency ${concurrency}, ${waitMs} ms a call, ${watchMs / 1000} s counted. Without and with in turn.\n\n${table(heads, rows)}\n\nRecorded elsewhere (1,000 records/s): kafkajs \`eachBatch\` 67 % and a gap of 4,026 ms, confluent-kafka-javascript 34 % and 4,026 ms.`,
      othersCores: [...without, ...beside].map((run) => run.othersCores),
    };
  },
};
