// The figures of a contest as rows of text: on a terminal and as Markdown.
import type { Contest } from './contest.ts';
import type { Run } from './run.ts';
import { type Verdict, verdict } from './verdict.ts';

export const columns = ['p50 s', 'p99 s', 'max s', 'replica-s', 'changes', 'hand-overs'] as const;

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

export const cells = ({ result }: Run): readonly string[] => [
  seconds(result.delayMs.p50),
  seconds(result.delayMs.p99),
  seconds(result.delayMs.max),
  result.replicaSeconds.toFixed(0),
  String(result.scaleChanges),
  String(result.handOvers),
];

export function terminalRows({ shape, ours, peers, kinder }: Contest): readonly string[] {
  return [ours, ...peers, ...kinder].map(
    (run) =>
      shape.name.padEnd(18) +
      run.scaler.padEnd(20) +
      cells(run)
        .map((c) => c.padStart(11))
        .join(''),
  );
}

export const terminalHead = (): string =>
  'shape'.padEnd(18) + 'scaler'.padEnd(20) + columns.map((c) => c.padStart(11)).join('');

export function markdownTable(contests: readonly Contest[]): readonly string[] {
  const lines = [`| shape | scaler | ${columns.join(' | ')} |`, `|---|---|${columns.map(() => '--:').join('|')}|`];
  for (const { shape, ours, peers, kinder } of contests) {
    for (const run of [ours, ...peers, ...kinder]) {
      const [name, scaler] = run === ours ? [`**${shape.name}**`, `**${run.scaler}**`] : ['', run.scaler];
      lines.push(`| ${name} | ${scaler} | ${cells(run).join(' | ')} |`);
    }
  }
  return lines;
}

/** How ours stands to each peer: delay and replica-seconds, ours ÷ theirs. */
export function markdownVerdicts(
  contests: readonly Contest[],
  figure: 'p99' | 'max',
  variant: 'peers' | 'kinder',
): readonly string[] {
  const names = contests[0]?.[variant].map((run) => run.scaler) ?? [];
  const lines = [`| shape | ${names.join(' | ')} |`, `|---|${names.map(() => '---').join('|')}|`];
  const ahead = names.map(() => 0);
  for (const { shape, ours, [variant]: rivals } of contests) {
    const verdicts = rivals.map((rival) => verdict(ours, rival, figure));
    for (const [i, v] of verdicts.entries()) if (v.ahead) ahead[i] = (ahead[i] ?? 0) + 1;
    lines.push(`| ${shape.name} | ${verdicts.map(words).join(' | ')} |`);
  }
  return [...lines, `| **ahead in both** | ${ahead.map((n) => `**${n} of ${contests.length}**`).join(' | ')} |`];
}

const words = ({ delay, cost, ahead }: Verdict): string =>
  `${ahead ? '✓' : '·'} delay × ${factor(delay)}, cost × ${factor(cost)}`;
const factor = (n: number): string => (n < 0.095 ? n.toFixed(3) : n.toFixed(2));
