/** Part `lag`: the invoker's memory while it drains five million records. */
import { step } from '../../cluster/progress.ts';
import { maxBufferedBytes } from '../contract.ts';
import { type Drained, drain, inTurn } from '../drained.ts';
import { waitingCode } from '../functions.ts';
import { spread, table } from '../numbers.ts';
import type { Part } from '../part.ts';

const partitions = 8;
const records = 5_000_000;

export const lagPart: Part = {
  name: 'lag',
  title: 'Memory under a lag of 5 million records',
  async run(stage) {
    const { runs, scale } = stage.settings;
    const count = Math.round((records * scale) / partitions) * partitions;
    const topic = await stage.filledTopic(partitions, count);
    const wish = { topic, partitions, count, batch: 100, concurrency: 8, hosts: 1, code: waitingCode(0) };
    const found = await step(`${count} records of lag`, () => inTurn(runs, (which) => drain(stage, which, wish)));
    const row = (name: string, runs: readonly Drained[]) => [
      name,
      spread(runs.map(({ peakMb }) => peakMb)),
      spread(runs.map(({ afterMb }) => afterMb)),
      spread(runs.map(({ perSecond }) => perSecond)),
      spread(runs.map(({ cpuPerMillion }) => cpuPerMillion)),
    ];
    const heads = ['', 'peak resident MB', 'resident after MB', 'events/s', 'CPU s/M'];
    return {
      text: `${count} records of 256 B in ${partitions} partitions, batch 100, no-op function, \`maxBufferedBytes: ${maxBufferedBytes / 1024 ** 2}Mi\` (the default).\n\n${table(heads, [row('invoker', found.invoker), row('bare loop', found.bare)])}`,
      othersCores: [...found.invoker, ...found.bare].map((run) => run.othersCores),
    };
  },
};
