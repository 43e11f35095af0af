/** Part `drain`: events per second, CPU and memory by batch size, for a function that does nothing and one that takes 10 ms. */
import { step } from '../../cluster/progress.ts';
import { type Drained, drain, inTurn } from '../drained.ts';
import { waitingCode } from '../functions.ts';
import { figure, median, spread, table } from '../numbers.ts';
import type { Part } from '../part.ts';

const partitions = 8;
const concurrency = 8;

interface Cell {
  readonly waitMs: number;
  readonly batch: number;
  /** Enough for some seconds. */
  readonly count: number;
  /** The best connector that keeps order, recorded on another day. */
  readonly peer: string;
}

const cells: readonly Cell[] = [
  { waitMs: 0, batch: 1, count: 80_000, peer: 'Nuclio 16,500; Fission 12,600; Knative 251' },
  { waitMs: 0, batch: 10, count: 400_000, peer: 'the same: none batches' },
  { waitMs: 0, batch: 100, count: 1_000_000, peer: 'the same' },
  { waitMs: 0, batch: 1000, count: 1_000_000, peer: 'the same' },
  { waitMs: 10, batch: 1, count: 6_400, peer: 'Nuclio 719; Fission 716; Knative 165' },
  { waitMs: 10, batch: 10, count: 64_000, peer: 'the same' },
  { waitMs: 10, batch: 100, count: 400_000, peer: 'the same' },
  { waitMs: 10, batch: 1000, count: 1_000_000, peer: 'the same' },
];

const of = (runs: readonly Drained[], what: (run: Drained) => number) => runs.map(what);
const ratio = (a: readonly number[], b: readonly number[]) => figure(median(a) / median(b));

export const drainPart: Part = {
  name: 'drain',
  title: 'Draining a backlog',
  async run(stage) {
    const { runs, scale } = stage.settings;
    const rows: string[][] = [];
    const costs: string[][] = [];
    const othersCores: number[] = [];
    for (const { waitMs, batch, count: fullCount, peer } of cells) {
      const count = Math.max(partitions * batch, Math.round((fullCount * scale) / partitions) * partitions);
      const topic = await stage.filledTopic(partitions, count);
      const wish = { topic, partitions, count, batch, concurrency, hosts: 1, code: waitingCode(waitMs) };
      const name = `${waitMs === 0 ? 'no-op' : `${waitMs} ms`}, batch ${batch}`;
      const found = await step(name, () => inTurn(runs, (which) => drain(stage, which, wish)));
      const { invoker, bare } = found;
      othersCores.push(...of([...invoker, ...bare], (run) => run.othersCores));
      const rates = [of(invoker, (run) => run.perSecond), of(bare, (run) => run.perSecond)] as const;
      const own = [of(invoker, (run) => run.cpuPerMillion), of(bare, (run) => run.cpuPerMillion)] as const;
      const all = [of(invoker, (run) => run.allCpuPerMillion), of(bare, (run) => run.allCpuPerMillion)] as const;
      const peaks = [of(invoker, (run) => run.peakMb), of(bare, (run) => run.peakMb)] as const;
      const busy = of(invoker, (run) => run.busyCores);
      rows.push([name, spread(rates[0]), spread(rates[1]), ratio(...rates), figure(median(busy)), peer]);
      costs.push([
        name,
        spread(own[0]),
        spread(own[1]),
        ratio(...own),
        spread(all[0]),
        spread(all[1]),
        spread(peaks[0]),
        spread(peaks[1]),
      ]);
    }
    return { text: textOf(rows, costs), othersCores };
  },
};

const textOf = (
  rows: string[][],
  costs: string[][],
) => `${partitions} partitions, order kept per partition, values of 256 B, one host with concurrency ${concurrency}; medians (lowest–highest).

${table(['function, batch', 'events/s', 'bare loop', 'ratio', 'cores busy', 'ordered peers, recorded elsewhere, events/s'], rows)}

CPU seconds per million events and peak memory of the connector process:

${table(['function, batch', 'invoker CPU s/M', 'bare loop CPU s/M', 'ratio', 'invoker + host + broker CPU s/M', 'bare loop + host + broker CPU s/M', 'invoker peak MB', 'bare loop peak MB'], costs)}

Recorded elsewhere for the connector process alone, no-op: Nuclio 49–52 CPU s/M and 124 MB, Fission 74–77 and 59 MB, Knative (ordered) 500–1,247 and 233–328 MB.`;
