/** A verdict in lines for people: the counts, then the first of each kind of flaw by name and place. */
import type { Verdict } from './judge.ts';

const shownOfEach = 5;

export function verdictLines(name: string, verdict: Verdict): string[] {
  const topics = Object.entries(verdict.records).map(([topic, count]) => `${topic} ${count}`);
  const at = ({ topic, partition, offset }: { topic: string; partition: number; offset: number }) =>
    `${topic}[${partition}]@${offset}`;
  return [
    `${verdict.isFlawless ? '✓' : '✗'} ${name}: ${verdict.found} of ${verdict.generated} found (${topics.join(', ')}); ${counts(verdict)}`,
    ...some(
      'lost',
      verdict.lost,
      ({ id, partition, offset }) => `${id}, source partition ${partition} offset ${offset}`,
    ),
    ...some('repeated', verdict.duplicates, (flaw) => `${flaw.id} again at ${at(flaw)}`),
    ...some(
      'swapped',
      verdict.swapped,
      (flaw) =>
        `${flaw.id} at ${at(flaw)}, source partition ${flaw.sourcePartition} offset ${flaw.sourceOffset} came behind offset ${flaw.behindOffset}`,
    ),
    ...some('in more than one topic', verdict.misrouted, ({ id, topics }) => `${id} in ${topics.join(' and ')}`),
    ...some('of no source event', verdict.strangers, (flaw) => `${at(flaw)} names ${flaw.cause ?? 'none'}`),
    ...some('acknowledged but not in the source', verdict.missing, (id) => id),
  ];
}

const counts = (verdict: Verdict): string =>
  [
    `${verdict.lost.length} lost`,
    `${verdict.duplicates.length} repeated`,
    `${verdict.swapped.length} swapped`,
    `${verdict.misrouted.length} in two places`,
    ...(verdict.strangers.length > 0 ? [`${verdict.strangers.length} of no source event`] : []),
    ...(verdict.missing.length > 0 ? [`${verdict.missing.length} not in the source`] : []),
    ...(verdict.repeatedInSource.length > 0 ? [`${verdict.repeatedInSource.length} were sent twice`] : []),
  ].join(', ');

function some<T>(kind: string, flaws: readonly T[], text: (flaw: T) => string): string[] {
  const lines = flaws.slice(0, shownOfEach).map((flaw) => `    ${kind}: ${text(flaw)}`);
  const more = flaws.length - lines.length;
  return more > 0 ? [...lines, `    … and ${more} more ${kind}`] : lines;
}
