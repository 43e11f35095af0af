// Three stacked line plots of a contest as one SVG: lag, replicas and lateness over virtual time. No library.
import type { Contest } from './contest.ts';
import type { Course, Run } from './run.ts';

const width = 760;
const panel = { left: 56, right: 12, height: 110, gap: 34, top: 40 };
const ink = '#24292f';
const faint = '#d0d7de';
const colours = ['#0969da', '#cf222e', '#bf8700', '#57606a'];

interface Panel {
  readonly title: string;
  readonly line: (course: Course) => readonly number[];
  /** Lag and lateness span orders of magnitude. */
  readonly scale: 'linear' | 'logarithmic';
}

const panels: readonly Panel[] = [
  { title: 'lag, records', line: (c) => c.lag, scale: 'logarithmic' },
  { title: 'replicas', line: (c) => c.replicas, scale: 'linear' },
  { title: 'oldest record not done, s', line: (c) => c.lateness, scale: 'logarithmic' },
];

export function plot({ shape, ours, peers }: Contest): string {
  const runs = [...peers, ours];
  const colourOf = (run: Run): string => colours[run === ours ? 0 : 1 + peers.indexOf(run)] ?? ink;
  const height = panel.top + panels.length * (panel.height + panel.gap);
  const legend = [ours, ...peers].map((run, i) => {
    const x = panel.left + i * 120;
    return `<path d="M${x} 26h18" stroke="${colourOf(run)}" stroke-width="2.5"/><text x="${x + 24}" y="30">${run.scaler}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" fill="${ink}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${panel.left}" y="14" font-weight="bold">${shape.name}: ${shape.about}</text>`,
    ...legend,
    ...panels.flatMap((p, i) =>
      drawn(p, panel.top + i * (panel.height + panel.gap), runs, colourOf, shape.durationSeconds),
    ),
    '</svg>',
    '',
  ].join('\n');
}

function drawn(
  { title, line, scale }: Panel,
  top: number,
  runs: readonly Run[],
  colourOf: (run: Run) => string,
  durationSeconds: number,
): readonly string[] {
  const most = Math.max(1, ...runs.flatMap((run) => line(run.course)));
  const place = (value: number): number => (scale === 'linear' ? value / most : Math.log1p(value) / Math.log1p(most));
  const y = (value: number): number => top + 14 + (panel.height - 14) * (1 - place(value));
  const inner = width - panel.left - panel.right;
  const bottom = top + panel.height;
  const ticks = scale === 'linear' ? [0, most] : [0, ...powers(most)];
  const minutes = durationSeconds / 60;
  return [
    `<text x="${panel.left}" y="${top + 8}">${title}</text>`,
    ...ticks.map(
      (value) =>
        `<path d="M${panel.left} ${y(value).toFixed(1)}h${inner}" stroke="${faint}"/><text x="${panel.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value}</text>`,
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (at) =>
        `<text x="${(panel.left + inner * at).toFixed(0)}" y="${bottom + 13}" text-anchor="middle" fill="#57606a">${Math.round(minutes * at)} min</text>`,
    ),
    ...runs.map((run) => {
      const values = line(run.course);
      const path = values.map((v, i) => `${(panel.left + (inner * i) / values.length).toFixed(1)} ${y(v).toFixed(1)}`);
      return `<path d="M${path.join('L')}" fill="none" stroke="${colourOf(run)}" stroke-width="1.5"/>`;
    }),
  ];
}

/** 1, 10, 100 … up to `most`, at most every second one of a long row. */
function powers(most: number): readonly number[] {
  const all: number[] = [];
  for (let power = 1; power <= most; power *= 10) all.push(power);
  return all.length > 4 ? all.filter((_, i) => i % 2 === 0) : all;
}
