/** Draws one partition of a history as text: who owned it, what was called, committed and broken, around the moments of its findings. */
import type { Finding } from './anomalies.ts';
import { type Call, type Facts, factsOf, type PartitionFacts } from './facts.ts';
import { rangeText } from './fates.ts';
import type { Entry } from './history.ts';

export interface Window {
  /** Drawn before and after each finding. Default 1500. */
  readonly marginMs?: number;
  /** Default 120; what is left out is said. */
  readonly mostLines?: number;
}

interface Line {
  readonly atMs: number;
  readonly sign: string;
  readonly text: string;
}

/** Columns: seconds since the first call or commit, one bar for each invoker that owns the partition, what happened. */
export function timeline(
  history: readonly Entry[],
  partition: number,
  findings: readonly Finding[],
  window: Window = {},
): string {
  const facts = factsOf(history);
  const here = facts?.partitions[partition];
  if (facts === null || here === undefined) return `partition ${partition}: nothing is known of it`;
  const own = findings.filter((finding) => finding.partition === partition);
  const all = linesOf(facts, here, own).sort((a, b) => a.atMs - b.atMs);
  const shown = near(all, own, window.marginMs ?? 1_500);
  const mostLines = window.mostLines ?? 120;
  const originMs = all[0]?.atMs ?? 0;
  const pids = [...new Set(here.owners.map(({ pid }) => pid))];
  const head = ['   seconds', ...pids.map((pid) => facts.names.get(pid) ?? String(pid))].join('  ');
  const drawn = shown.slice(0, mostLines).map(({ atMs, sign, text }) => {
    const bars = pids.map((pid) => (ownerAt(here, atMs) === pid ? '█' : '·').padStart(2));
    return `${((atMs - originMs) / 1000).toFixed(3).padStart(10)} ${bars.join('')}  ${sign} ${text}`;
  });
  const left = shown.length - drawn.length;
  return [
    `partition ${partition} of "${facts.rules.title}": ${
      own
        .map(({ name, offset }) => `${name}${offset === null ? '' : ` ${offset}`}`)
        .slice(0, 8)
        .join(', ') || 'no finding'
    }`,
    head,
    ...drawn,
    ...(left > 0 ? [`           … ${left} more lines`] : []),
  ].join('\n');
}

function near(lines: readonly Line[], findings: readonly Finding[], marginMs: number): readonly Line[] {
  const moments = findings.flatMap(({ atMs }) => (atMs === null ? [] : [atMs])).slice(0, 5);
  if (moments.length === 0) return lines;
  return lines.filter(({ atMs }) => moments.some((moment) => Math.abs(moment - atMs) <= marginMs));
}

function ownerAt({ owners }: PartitionFacts, atMs: number): number | undefined {
  return owners.findLast((owner) => owner.atMs <= atMs)?.pid;
}

function linesOf(facts: Facts, here: PartitionFacts, findings: readonly Finding[]): Line[] {
  const name = (pid: number): string => facts.names.get(pid) ?? String(pid);
  return [
    ...here.calls.map((call) => ({ atMs: call.startMs, sign: '▶', text: callText(call, name(call.pid)) })),
    ...here.commits.map(({ atMs, offset, epoch, released }) => {
      const by = epoch === null ? '' : ` by epoch ${epoch}`;
      return { atMs, sign: '✓', text: `commit ${offset}${by}${released ? ', released' : ''}` };
    }),
    ...here.owners.map(({ atMs, pid, epoch }) => ({ atMs, sign: '●', text: `${name(pid)} owns it: epoch ${epoch}` })),
    ...here.refused.map(({ atMs, pid, epoch, refusal }) => {
      return { atMs, sign: '×', text: `${name(pid)} refuses epoch ${epoch}: ${refusal}` };
    }),
    ...here.letters.flatMap(({ record, atMs }) =>
      atMs === null ? [] : [{ atMs, sign: '†', text: `dead letter of ${record.originOffset}` }],
    ),
    ...facts.faults.flatMap(({ fromMs, untilMs, what }) => [
      { atMs: fromMs, sign: '⚡', text: what },
      ...(Number.isFinite(untilMs) ? [{ atMs: untilMs, sign: '⚡', text: `${what}: over` }] : []),
    ]),
    ...findings.flatMap(({ atMs, name: what, offset, detail }) =>
      atMs === null ? [] : [{ atMs, sign: '!!', text: `${what}${offset === null ? '' : ` at ${offset}`}: ${detail}` }],
    ),
  ];
}

function callText({ offsets, epoch, attempt, startMs, endMs, verdicts, cut }: Call, host: string): string {
  const tookMs = Math.round(endMs - startMs);
  const outcome = verdicts === null ? 'never ended' : verdictText(verdicts);
  return `call ${rangeText(offsets)} epoch ${epoch} attempt ${attempt} on ${host}: ${tookMs} ms, ${outcome}${cut === null ? '' : `, cut: ${cut}`}`;
}

function verdictText(verdicts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const verdict of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts]
    .map(([verdict, count]) => (count === verdicts.length ? `all ${verdict}` : `${count} ${verdict}`))
    .join(' ');
}
