/** What invokers told about themselves, against what was so; and what they cost. */
import type { Finding } from './anomalies.ts';
import type { Facts } from './facts.ts';
import type { StatusSample } from './history.ts';

/** A claim holds until the next sample, and no longer than this: a stopped process claims nothing. */
const claimMs = 2_000;

export function checkStatus(facts: Facts): Finding[] {
  const findings: Finding[] = [];
  for (const { partition, commits } of facts.partitions) {
    findings.push(...twoOwners(facts, partition));
    const lies = facts.status.flatMap(({ atMs, blocked }) =>
      blocked
        .filter((each) => each.partition === partition)
        .filter(({ offset }) =>
          commits.some((commit) => commit.offset > offset && commit.atMs < atMs - facts.rules.statusGraceMs),
        )
        .map(({ offset }) => ({ atMs, offset })),
    );
    const [lie] = lies;
    if (lie === undefined) continue;
    const detail = `told as blocked at ${lie.offset}, which was committed long before`;
    findings.push({ name: 'status-lie', partition, offset: lie.offset, atMs: lie.atMs, detail });
  }
  return [...findings, ...checkMemory(facts)];
}

function twoOwners({ status, rules, names }: Facts, partition: number): Finding[] {
  const claims = new Map<number, number>();
  let sinceMs: number | null = null;
  for (const sample of status) {
    note(claims, sample, partition);
    const { atMs } = sample;
    const claimants = [...claims].filter(([, ms]) => atMs - ms <= claimMs).map(([pid]) => pid);
    if (claimants.length < 2) sinceMs = null;
    else sinceMs ??= atMs;
    if (sinceMs === null || atMs - sinceMs <= rules.statusGraceMs) continue;
    const who = claimants.map((pid) => names.get(pid) ?? pid).join(' and ');
    const detail = `${who} both said for ${Math.round(atMs - sinceMs)} ms that it is theirs`;
    return [{ name: 'status-lie', partition, offset: null, atMs, detail }];
  }
  return [];
}

function note(claims: Map<number, number>, { pid, owned, atMs }: StatusSample, partition: number): void {
  if (owned.includes(partition)) claims.set(pid, atMs);
  else claims.delete(pid);
}

function checkMemory({ memory, rules, names }: Facts): Finding[] {
  const worst = new Map<number, { readonly bytes: number; readonly atMs: number }>();
  for (const { pid, bytes, atMs } of memory) {
    if (bytes > rules.memoryCapBytes && bytes > (worst.get(pid)?.bytes ?? 0)) worst.set(pid, { bytes, atMs });
  }
  return [...worst].map(([pid, { bytes, atMs }]) => {
    const detail = `${names.get(pid) ?? pid} held ${bytes} bytes, ${rules.memoryCapBytes} are allowed`;
    return { name: 'mem', partition: null, offset: null, atMs, detail };
  });
}
