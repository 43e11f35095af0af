// A contest as plots: lag, replicas and lateness of every scaler over virtual time.
import { colours, drawn, type Panel } from './chart.ts';
import type { Contest } from './contest.ts';
import type { Course, Run } from './run.ts';

interface Measure {
  readonly title: string;
  readonly line: (course: Course) => readonly number[];
  readonly scale: Panel['scale'];
}

const measures: readonly Measure[] = [
  { title: 'lag, records', line: (c) => c.lag, scale: 'logarithmic' },
  { title: 'replicas', line: (c) => c.replicas, scale: 'linear' },
  { title: 'oldest record not done, s', line: (c) => c.lateness, scale: 'logarithmic' },
];

export function plot({ shape, ours, peers }: Contest): string {
  const runs = [ours, ...peers];
  const colourOf = (run: Run): string => colours[runs.indexOf(run) % colours.length]!;
  return drawn({
    title: `${shape.name}: ${shape.about}`,
    durationSeconds: shape.durationSeconds,
    legend: new Map(runs.map((run) => [run.scaler, colourOf(run)])),
    // Ours last: on top.
    panels: measures.map(({ title, line, scale }) => ({
      ...{ title, scale },
      lines: [...peers, ours].map((run) => ({ colour: colourOf(run), values: line(run.course) })),
    })),
  });
}
