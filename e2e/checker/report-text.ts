/** A report in words: the verdict, what happened, what went wrong, and the guilty partitions drawn. */
import { type AnomalyName, anomalies } from './anomalies.ts';
import type { Report } from './check.ts';
import type { Entry } from './history.ts';
import { timeline } from './timeline.ts';

const mostDrawn = 3;
const mostTold = 12;

export function summary({ title, verdict, counts, tallies }: Report): string {
  const { records, calls, commits, deadLetters, repeated, takeOvers, uncleanTakeOvers, refused } = tallies;
  const wrong = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  const happened = [
    `${records} records`,
    `${calls} calls`,
    `${commits} commits`,
    `${deadLetters} dead letters`,
    `${takeOvers} take-overs (${uncleanTakeOvers} unclean)`,
    `${repeated} repeated by faults`,
    `${refused} calls refused`,
  ];
  return `${verdict}: ${title}: ${happened.join(', ')}${wrong.length === 0 ? '' : `; ${wrong.join(', ')}`}`;
}

export function reportText(report: Report, history: readonly Entry[]): string {
  const lines = [summary(report), ...report.doubts.map((doubt) => `  doubt: ${doubt}`)];
  for (const name of Object.keys(report.counts) as AnomalyName[]) lines.push(`  ${name}: ${anomalies[name]}`);
  for (const { name, partition, offset, detail } of report.findings.slice(0, mostTold)) {
    lines.push(`  ${name} at ${partition ?? '-'}/${offset ?? '-'}: ${detail}`);
  }
  if (report.findings.length > mostTold) lines.push(`  … ${report.findings.length - mostTold} more`);
  const guilty = [...new Set(report.findings.flatMap(({ partition }) => partition ?? []))];
  for (const partition of guilty.slice(0, mostDrawn)) lines.push('', timeline(history, partition, report.findings));
  return lines.join('\n');
}
