/** Part `source`: the example of the article that Headrace takes up: five replicas, 200 ms for each call of a thousand events. */
import { step } from '../../cluster/progress.ts';
import { type Drained, drain, inTurn } from '../drained.ts';
import { waitingCode } from '../functions.ts';
import { figure, median, spread, table } from '../numbers.ts';
import type { Part } from '../part.ts';

const partitions = 10;
const hosts = 5;
const batch = 1_000;
const callMs = 200;
/** Calls of each partition. */
const callsEach = 40;

export const sourcePart: Part = {
  name: 'source',
  title: 'Five replicas, 200 ms for a call of 1,000 events',
  async run(stage) {
    const { runs, scale } = stage.settings;
    const count = partitions * batch * Math.max(10, Math.round(callsEach * scale));
    const topic = await stage.filledTopic(partitions, count);
    const rows: string[][] = [];
    const othersCores: number[] = [];
    for (const concurrency of [1, 2]) {
      const ceiling = (hosts * concurrency * batch * 1000) / callMs;
      const wish = { topic, partitions, count, batch, concurrency, hosts, code: waitingCode(callMs) };
      const found = await step(`source example, concurrency ${concurrency}`, () =>
        inTurn(runs, (which) => drain(stage, which, wish)),
      );
      const rates = (drained: readonly Drained[]) => drained.map(({ perSecond }) => perSecond);
      const part = (drained: readonly Drained[]) => `${figure((median(rates(drained)) / ceiling) * 100)} %`;
      const { invoker, bare } = found;
      rows.push([
        String(concurrency),
        figure(ceiling),
        spread(rates(invoker)),
        part(invoker),
        spread(rates(bare)),
        part(bare),
      ]);
      othersCores.push(...[...invoker, ...bare].map((run) => run.othersCores));
    }
    const heads = [
      'concurrency',
      'ceiling, events/s',
      'invoker, events/s',
      'of the ceiling',
      'bare loop, events/s',
      'of the ceiling',
    ];
    return {
      text: `${hosts} host processes, ${partitions} partitions, order kept per partition. The ceiling is what the waiting alone allows. The bare loop sends no call ahead of a free slot, and calls that are not full.\n\n${table(heads, rows)}`,
      othersCores,
    };
  },
};
