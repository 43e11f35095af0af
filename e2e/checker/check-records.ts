/** What became of each record: done, dead-lettered, passed over by a commit, or forgotten. */
import type { Finding } from './anomalies.ts';
import type { Appended, Commit, Facts, PartitionFacts } from './facts.ts';
import type { Fates } from './fates.ts';
import type { DeadLetter, InputRecord, OutputRecord } from './history.ts';

/** Brokers tell whole milliseconds, and the two clocks are compared at moments. */
const clockToleranceMs = 5;

export function checkRecords(facts: Facts, here: PartitionFacts, fates: Fates): Finding[] {
  const { partition, inputs, visible, commits } = here;
  const findings: Finding[] = [];
  const passedBy = firstCommitAbove(visible, commits);
  const start = commits[0]?.epoch === null ? commits[0].offset : 0;
  const outputs = Map.groupBy(here.outputs, ({ record }) => record.originOffset);
  const letters = new Map(here.letters.map((letter) => [letter.record.originOffset, letter]));
  const blockedAt = facts.rest?.blocked.find((each) => each.partition === partition)?.offset;
  for (const offset of visible) {
    if (offset < start) continue;
    const input = inputs.get(offset)!;
    const commit = passedBy.get(offset);
    const told = { partition, offset, atMs: commit?.atMs ?? null };
    const settled = settledMs(input, fates, outputs.get(offset) ?? [], letters.get(offset));
    if (settled !== null && commit !== undefined && commit.atMs + clockToleranceMs < settled) {
      const earlyMs = Math.round(settled - commit.atMs);
      findings.push({
        ...told,
        name: 'skipped-commit',
        detail: `committed ${commit.offset} ${earlyMs} ms before it was settled`,
      });
    } else if (settled === null && commit !== undefined) {
      findings.push({ ...told, name: 'lost', detail: `expected ${input.fate}; committed ${commit.offset}` });
    } else if (commit === undefined && facts.rest !== null && (blockedAt === undefined || offset < blockedAt)) {
      const state = settled === null ? 'never settled' : 'settled';
      findings.push({ ...told, name: 'unseen', detail: `${state}, and never committed; nothing is blocked there` });
    }
  }
  return [...findings, ...checkOutputs(here, fates, start, outputs), ...checkLetters(here)];
}

function firstCommitAbove(visible: readonly number[], commits: readonly Commit[]): Map<number, Commit> {
  const passedBy = new Map<number, Commit>();
  let next = 0;
  for (const commit of commits) {
    while (next < visible.length && visible[next]! < commit.offset) {
      passedBy.set(visible[next]!, commit);
      next += 1;
    }
  }
  return passedBy;
}

/** When the record had all it was to get, as far as times are known; null: it has not. */
function settledMs(
  { fate, offset }: InputRecord,
  { accepted }: Fates,
  outputs: readonly Appended<OutputRecord>[],
  letter: Appended<DeadLetter> | undefined,
): number | null {
  // Whether a letter is right is another question.
  if (letter !== undefined) return letter.atMs ?? Number.NEGATIVE_INFINITY;
  const acceptance = accepted.get(offset)?.[0];
  if (fate === 'dead-letter' || acceptance === undefined) return null;
  const first = new Map<number, number>();
  for (const { record, atMs } of outputs) {
    first.set(record.index, Math.min(first.get(record.index) ?? Number.POSITIVE_INFINITY, atMs ?? 0));
  }
  return Math.max(acceptance.call.endMs, ...first.values());
}

function checkOutputs(
  { partition, inputs, visible }: PartitionFacts,
  { accepted, done }: Fates,
  start: number,
  outputs: ReadonlyMap<number, readonly Appended<OutputRecord>[]>,
): Finding[] {
  const findings: Finding[] = [];
  for (const [offset, own] of outputs) {
    const input = inputs.get(offset);
    const atMs = own[0]?.atMs ?? null;
    const ghost = (why: string): void => {
      findings.push({ name: 'ghost-output', partition, offset, atMs, detail: why });
    };
    if (input?.visible !== true) ghost('no such record');
    // Where the record was not done at all, that is told as what became of the record.
    else if (!done.has(offset) && input.fate === 'dead-letter') ghost('the function never did that record');
    else if (own.some(({ record }) => record.index >= input.outputs)) ghost(`it has ${input.outputs} outputs only`);
  }
  for (const offset of visible) {
    const expected = inputs.get(offset)!.outputs;
    const acceptance = accepted.get(offset)?.[0];
    if (acceptance === undefined || offset < start) continue;
    const there = new Set((outputs.get(offset) ?? []).map(({ record }) => record.index).filter((i) => i < expected));
    if (there.size === expected) continue;
    const name = there.size === 0 ? 'kseq-gap' : 'torn-output';
    const detail = `${there.size} of ${expected} outputs are there`;
    findings.push({ name, partition, offset, atMs: acceptance.call.endMs, detail });
  }
  return findings;
}

function checkLetters({ partition, inputs, letters }: PartitionFacts): Finding[] {
  return letters.flatMap(({ record, atMs }): Finding[] => {
    const offset = record.originOffset;
    const input = inputs.get(offset);
    const wrong = (detail: string): Finding[] => [{ name: 'dlt-wrong', partition, offset, atMs, detail }];
    if (input?.visible !== true) return wrong('no such record');
    if (input.fate === 'ack') return wrong('the function takes that record');
    return record.digest === input.digest ? [] : wrong('key, value, headers or timestamp are not those of the record');
  });
}
