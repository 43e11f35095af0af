/** Part `latency`: from the record to the function at a low, steady rate. */
import { step } from '../../cluster/progress.ts';
import { inTurn, untilSettled, type Which, withConnector } from '../drained.ts';
import { latencyCode } from '../functions.ts';
import { sendSteadily } from '../load.ts';
import { CpuWatch } from '../meter.ts';
import { percentile, spread, table } from '../numbers.ts';
import type { Part } from '../part.ts';
import type { Stage } from '../stage.ts';

const partitions = 8;
const perSecond = 200;
const seconds = 15;
/** The first seconds are for the just-in-time compilers of five processes. */
const leftOut = 3 * perSecond;

type Note = readonly [sentAtMs: number, appendedAtMs: number, calledAtMs: number];
interface Latency {
  readonly sinceSent: readonly number[];
  readonly sinceAppend: readonly number[];
  readonly othersCores: number;
}

async function measure(stage: Stage, which: Which): Promise<Latency> {
  const topic = await stage.kafka.topic(partitions, { 'message.timestamp.type': 'LogAppendTime' });
  const count = leftOut + Math.round(perSecond * seconds * stage.settings.scale);
  const wish = { topic, partitions, batch: 100, concurrency: 8, hosts: 1, code: latencyCode };
  return withConnector(stage, which, wish, async (connector, hosts) => {
    await connector.begin();
    const watch = new CpuWatch([connector.pid, stage.brokerPid, ...hosts.map(({ pid }) => pid)]);
    await sendSteadily(stage.kafka, topic, partitions, { count, perSecond });
    await untilSettled(connector, count);
    const { othersCores } = watch.read();
    const notes = ((await hosts[0]!.notes()) as Note[]).toSorted(([a], [b]) => a - b).slice(leftOut);
    return {
      sinceSent: notes.map(([sentAtMs, , calledAtMs]) => calledAtMs - sentAtMs),
      sinceAppend: notes.map(([, appendedAtMs, calledAtMs]) => calledAtMs - appendedAtMs),
      othersCores,
    };
  });
}

export const latencyPart: Part = {
  name: 'latency',
  title: 'Latency',
  async run(stage) {
    const found = await step(`latency at ${perSecond}/s`, () =>
      inTurn(stage.settings.runs, (which) => measure(stage, which)),
    );
    const row = (name: string, runs: readonly Latency[]) => {
      const at = (of: 'sinceSent' | 'sinceAppend', percent: number) =>
        spread(runs.map((run) => percentile(run[of], percent)));
      return [name, at('sinceAppend', 50), at('sinceAppend', 99), at('sinceSent', 50), at('sinceSent', 99)];
    };
    const heads = [
      '',
      'append → function p50 ms',
      'append → function p99 ms',
      'send → function p50 ms',
      'send → function p99 ms',
    ];
    return {
      text: `${perSecond} records/s, one at a time, over ${partitions} partitions for ${seconds} s, \`maxWait: 0s\`; the first ${leftOut / perSecond} s are left out. The append time is the broker's, in whole ms; sent is the moment before the producer (kafkajs, acks=all) is asked.

${table(heads, [row('invoker', found.invoker), row('bare loop', found.bare)])}

Recorded elsewhere: send → handler of the bare clients without any HTTP 0.9 ms p50, 3–7 ms p99; a client that commits after each batch 11–13 ms p50, 24–32 ms p99.`,
      othersCores: [...found.invoker, ...found.bare].map((run) => run.othersCores),
    };
  },
};
