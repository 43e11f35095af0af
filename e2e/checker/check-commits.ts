/** Commits of one partition in the broker's order: neither offset nor epoch ever goes back (D2). */
import type { Finding } from './anomalies.ts';
import type { PartitionFacts } from './facts.ts';

export function checkCommits({ partition, commits }: PartitionFacts): Finding[] {
  const findings: Finding[] = [];
  for (const [index, { offset, epoch, atMs }] of commits.entries()) {
    const before = commits[index - 1];
    if (before === undefined) continue;
    const told = { name: 'commit-regress', partition, offset, atMs } as const;
    if (offset < before.offset) {
      findings.push({ ...told, detail: `${offset} (epoch ${epoch}) after ${before.offset} (epoch ${before.epoch})` });
    } else if ((epoch ?? 0) < (before.epoch ?? 0)) {
      findings.push({ ...told, detail: `epoch ${epoch} committed after epoch ${before.epoch}` });
    }
  }
  return findings;
}
