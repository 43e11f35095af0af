// Line plots stacked over one time axis, as one SVG. No library.

export interface Chart {
  readonly title: string;
  readonly durationSeconds: number;
  readonly panels: readonly Panel[];
  /** Name → colour; a legend where there is more than one. */
  readonly legend: ReadonlyMap<string, string>;
}

export interface Panel {
  readonly title: string;
  /** Lag and lateness span orders of magnitude. */
  readonly scale: 'linear' | 'logarithmic';
  /** Values at even distances over the whole duration. */
  readonly lines: readonly { readonly colour: string; readonly values: readonly number[] }[];
}

export const colours = ['#0969da', '#cf222e', '#bf8700', '#57606a'] as const;

const width = 760;
const panel = { left: 56, right: 12, height: 110, gap: 34, top: 40 };
const ink = '#24292f';
const faint = '#d0d7de';

export function drawn({ title, durationSeconds, panels, legend }: Chart): string {
  const height = panel.top + panels.length * (panel.height + panel.gap);
  const named = legend.size < 2 ? [] : [...legend];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" fill="${ink}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${panel.left}" y="14" font-weight="bold">${title}</text>`,
    ...named.map(([name, colour], i) => {
      const x = panel.left + i * 120;
      return `<path d="M${x} 26h18" stroke="${colour}" stroke-width="2.5"/><text x="${x + 24}" y="30">${name}</text>`;
    }),
    ...panels.flatMap((each, i) => drawnPanel(each, panel.top + i * (panel.height + panel.gap), durationSeconds)),
    '</svg>',
    '',
  ].join('\n');
}

function drawnPanel({ title, lines, scale }: Panel, top: number, durationSeconds: number): readonly string[] {
  const most = Math.max(1, ...lines.flatMap(({ values }) => values));
  const place = (value: number): number => (scale === 'linear' ? value / most : Math.log1p(value) / Math.log1p(most));
  const y = (value: number): number => top + 14 + (panel.height - 14) * (1 - place(value));
  const inner = width - panel.left - panel.right;
  const bottom = top + panel.height;
  const ticks = scale === 'linear' ? [0, most] : [0, ...powers(most)];
  return [
    `<text x="${panel.left}" y="${top + 8}">${title}</text>`,
    ...ticks.map(
      (value) =>
        `<path d="M${panel.left} ${y(value).toFixed(1)}h${inner}" stroke="${faint}"/><text x="${panel.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value}</text>`,
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (at) =>
        `<text x="${(panel.left + inner * at).toFixed(0)}" y="${bottom + 13}" text-anchor="middle" fill="#57606a">${timeText(durationSeconds * at, durationSeconds)}</text>`,
    ),
    ...lines.map(({ colour, values }) => {
      const path = values.map((v, i) => `${(panel.left + (inner * i) / values.length).toFixed(1)} ${y(v).toFixed(1)}`);
      return `<path d="M${path.join('L')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
    }),
  ];
}

const timeText = (seconds: number, ofSeconds: number): string =>
  ofSeconds < 600 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;

/** 1, 10, 100 … up to `most`, at most every second one of a long row. */
function powers(most: number): readonly number[] {
  const all: number[] = [];
  for (let power = 1; power <= most; power *= 10) all.push(power);
  return all.length > 4 ? all.filter((_, i) => i % 2 === 0) : all;
}
