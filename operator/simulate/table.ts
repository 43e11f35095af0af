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

const runsOf = ({ ours, others, peers, kinder }: Contest): readonly Run[] => [ours, ...others, ...peers, ...kinder];

export function terminalRows(contest: Contest): readonly string[] {
  const { shape } = contest;
  return runsOf(contest).map(
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
  for (const contest of contests) {
    const { shape, ours } = contest;
    for (const run of runsOf(contest)) {
      const [name, scaler] = run === ours ? [`**${shape.name}**`, `**${run.scaler}**`] : ['', run.scaler];
      lines.push(`| ${name} | ${scaler} | ${cells(run).join(' | ')} |`);
    }
  }
  return lines;
}

/** How ours stands to each peer: delay and replica-seconds, ours ÷ theirs. */
export function markdownVerdicts(contests: readonly Contest[], figure: 'p99' | 'max'): readonly string[] {
  const names = (contests[0]?.peers ?? []).map((run) => run.scaler);
  const lines = [`| shape | ${names.join(' | ')} |`, `|---|${names.map(() => '---').join('|')}|`];
  for (const { shape, ours, peers } of contests) {
    lines.push(`| ${shape.name} | ${peers.map((peer) => words(verdict(ours, peer, figure))).join(' | ')} |`);
  }
  return lines;
}

/** On how many shapes each of our settings is not worse than a peer in both, and than all three peers in both. */
export function markdownSummary(contests: readonly Contest[]): readonly string[] {
  const names = (contests[0]?.peers ?? []).map((run) => run.scaler);
  const head = ['ours', 'delay', 'peers', ...names, 'all three'];
  const lines = [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`];
  const settings = (contests[0] === undefined ? [] : [contests[0].ours, ...contests[0].others]).map((r) => r.scaler);
  for (const [i, setting] of settings.entries()) {
    for (const figure of ['max', 'p99'] as const) {
      for (const variant of ['peers', 'kinder'] as const) {
        const rows = contests.map((c) =>
          c[variant].map((peer) => verdict([c.ours, ...c.others][i]!, peer, figure).ahead),
        );
        const each = names.map((_, peer) => rows.filter((row) => row[peer]).length);
        const all = rows.filter((row) => row.every(Boolean)).length;
        const words = variant === 'peers' ? 'as they are' : 'without any halt';
        lines.push(`| ${setting} | ${figure} | ${words} | ${each.join(' | ')} | **${all}** |`);
      }
    }
  }
  return lines;
}

const words = ({ delay, cost, ahead }: Verdict): string =>
  `${ahead ? '✓' : '·'} delay × ${factor(delay)}, cost × ${factor(cost)}`;
const factor = (n: number): string => (n < 0.095 ? n.toFixed(3) : n.toFixed(2));
