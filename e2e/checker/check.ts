/** The checker: a history in, a verdict and every anomaly by name out. Pure, offline, and of no kin to what it judges. */
import type { AnomalyName, Finding } from './anomalies.ts';
import { checkCalls } from './check-calls.ts';
import { checkCommits } from './check-commits.ts';
import { checkRecords } from './check-records.ts';
import { checkRepeats } from './check-repeats.ts';
import { checkStatus } from './check-status.ts';
import { type Facts, factsOf } from './facts.ts';
import { fatesOf } from './fates.ts';
import type { Entry } from './history.ts';
import { takeOversOf } from './take-overs.ts';

export interface Report {
  readonly title: string;
  /** `inconclusive`: too little happened, or too little was logged, to call it valid. As red as `invalid`. */
  readonly verdict: 'valid' | 'invalid' | 'inconclusive';
  readonly findings: readonly Finding[];
  /** Why it is inconclusive. */
  readonly doubts: readonly string[];
  readonly counts: Readonly<Partial<Record<AnomalyName, number>>>;
  readonly tallies: {
    readonly records: number;
    readonly calls: number;
    readonly commits: number;
    readonly deadLetters: number;
    /** Records done again because of a fault. */
    readonly repeated: number;
    readonly takeOvers: number;
    readonly uncleanTakeOvers: number;
    readonly refused: number;
  };
}

/** Less than this part of the planned load proves nothing. */
const enoughLoad = 0.9;

export function check(history: readonly Entry[]): Report {
  const facts = factsOf(history);
  if (facts === null) {
    const tallies = {
      records: 0,
      calls: 0,
      commits: 0,
      deadLetters: 0,
      repeated: 0,
      takeOvers: 0,
      uncleanTakeOvers: 0,
      refused: 0,
    };
    return {
      title: '(unknown)',
      verdict: 'inconclusive',
      findings: [],
      doubts: ['the rules are missing'],
      counts: {},
      tallies,
    };
  }
  const findings: Finding[] = [];
  let repeated = 0;
  for (const here of facts.partitions) {
    const fates = fatesOf(here);
    const repeats = checkRepeats(facts, here, fates);
    repeated += repeats.explained;
    findings.push(...checkRecords(facts, here, fates), ...checkCalls(facts, here, fates));
    findings.push(...repeats.findings, ...checkCommits(here));
  }
  for (const { kind, originPartition, originOffset } of facts.strays) {
    const name = kind === 'output' ? 'ghost-output' : 'dlt-wrong';
    const detail = `names partition ${originPartition}, which does not exist`;
    findings.push({ name, partition: null, offset: originOffset, atMs: null, detail });
  }
  findings.push(...checkStatus(facts));
  const doubts = doubtsOf(facts);
  return {
    title: facts.rules.title,
    verdict: findings.length > 0 ? 'invalid' : doubts.length > 0 ? 'inconclusive' : 'valid',
    findings,
    doubts,
    counts: countsOf(findings),
    tallies: talliesOf(facts, repeated),
  };
}

function doubtsOf({ rules, partitions, sent, faults, rest, unended }: Facts): string[] {
  const doubts: string[] = [];
  const inputs = partitions.flatMap((here) => [...here.inputs.values()]);
  const seqs = new Set(inputs.map(({ seq }) => seq));
  if (seqs.size < rules.plannedRecords * enoughLoad) {
    doubts.push(`${seqs.size} of ${rules.plannedRecords} planned records were written`);
  }
  const missing = sent.filter(({ seq }) => !seqs.has(seq));
  if (missing.length > 0) doubts.push(`the broker lost ${missing.length} records that it acknowledged to the load`);
  for (const planned of rules.plannedFaults) {
    if (!faults.some(({ what }) => what.startsWith(planned))) doubts.push(`the fault "${planned}" never happened`);
  }
  if (rest === null) doubts.push('the run did not come to its end');
  if (unended.length > 0) {
    doubts.push(`${unended.length} calls have no end though their host lived on: part of its log is missing`);
  }
  if (partitions.every(({ commits }) => commits.length === 0)) doubts.push('no commit was read back');
  return doubts;
}

function countsOf(findings: readonly Finding[]): Partial<Record<AnomalyName, number>> {
  const counts: Partial<Record<AnomalyName, number>> = {};
  for (const { name } of findings) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function talliesOf({ partitions }: Facts, repeated: number): Report['tallies'] {
  const sum = (count: (here: Facts['partitions'][number]) => number): number =>
    partitions.reduce((total, here) => total + count(here), 0);
  return {
    records: sum(({ visible }) => visible.length),
    calls: sum(({ calls }) => calls.length),
    commits: sum(({ commits }) => commits.length),
    deadLetters: sum(({ letters }) => letters.length),
    repeated,
    takeOvers: sum((here) => takeOversOf(here).length),
    uncleanTakeOvers: sum((here) => takeOversOf(here).filter(({ unclean }) => unclean).length),
    refused: sum(({ refused }) => refused.length),
  };
}
