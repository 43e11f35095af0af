/** The checker is tested before it is trusted: flawless histories are valid, and whatever is broken in one is found by its name and no other. */
import { describe, expect, it } from 'vitest';
import { type AnomalyName, anomalies } from './anomalies.ts';
import { check } from './check.ts';
import { Chance, givenHistory } from './given-history.ts';
import { mutations } from './given-mutations.ts';
import type { Entry, EntryOf } from './history.ts';

const cleanRuns = 200;
const mutants = 25;

describe('a flawless history', () => {
  it(`is valid: ${cleanRuns} of them, with hand-overs, crashes, retries, dead letters and aborted records`, () => {
    const sum = { repeated: 0, deadLetters: 0, uncleanTakeOvers: 0 };
    for (let seed = 0; seed < cleanRuns; seed += 1) {
      const { verdict, findings, doubts, tallies } = check(givenHistory(seed));
      expect({ seed, verdict, findings, doubts }).toEqual({ seed, verdict: 'valid', findings: [], doubts: [] });
      sum.repeated += tallies.repeated;
      sum.deadLetters += tallies.deadLetters;
      sum.uncleanTakeOvers += tallies.uncleanTakeOvers;
    }
    // Else the histories would be too tame to show anything.
    expect(sum.repeated).toBeGreaterThan(cleanRuns);
    expect(sum.deadLetters).toBeGreaterThan(cleanRuns);
    expect(sum.uncleanTakeOvers).toBeGreaterThan(cleanRuns);
  });
});

describe('a broken history', () => {
  it.each(mutations.map((mutation) => [mutation.name, mutation.what, mutation] as const))(
    'is found as %s: %s',
    (name, _, { mutate }) => {
      let found = 0;
      for (let seed = 1; found < mutants && seed < mutants * 40; seed += 1) {
        const mutant = mutate(givenHistory(seed), new Chance(seed * 7 + 3));
        if (mutant === null) continue;
        const { verdict, counts, findings } = check(mutant);
        expect(
          { seed, verdict, names: Object.keys(counts), first: findings[0]?.name },
          JSON.stringify(findings.slice(0, 3)),
        ).toEqual({
          seed,
          verdict: 'invalid',
          names: [name],
          first: name,
        });
        found += 1;
      }
      expect(found).toBe(mutants);
    },
  );

  it('has a mutation for every anomaly', () => {
    const mutated = new Set<AnomalyName>(mutations.map(({ name }) => name));
    expect([...mutated].sort()).toEqual(Object.keys(anomalies).sort());
  });
});

describe('a history that shows too little', () => {
  const history = givenHistory(5);
  const rules = history.find((entry): entry is EntryOf<'rules'> => entry.kind === 'rules')!;
  const without = (isGone: (entry: Entry) => boolean): Entry[] => history.filter((entry) => !isGone(entry));
  const cases: readonly (readonly [string, Entry[], RegExp])[] = [
    ['no rules', without(({ kind }) => kind === 'rules'), /rules/],
    [
      'less than 90 % of the load',
      [{ ...rules, plannedRecords: 1_000 }, ...without((e) => e === rules)],
      /1000 planned/,
    ],
    [
      'a fault that never came',
      [{ ...rules, plannedFaults: ['broker'] }, ...without((e) => e === rules)],
      /"broker" never/,
    ],
    ['no end', without(({ kind }) => kind === 'rest'), /end/],
    ['a record that the broker lost', [...history, { kind: 'sent', atMs: 1, seq: 99_999 }], /lost 1 records/],
  ];

  it.each(cases)('is inconclusive: %s', (_, shown, doubt) => {
    const { verdict, doubts, findings } = check(shown);
    expect(findings).toEqual([]);
    expect(verdict).toBe('inconclusive');
    expect(doubts.join()).toMatch(doubt);
  });

  it('is inconclusive: a call without an end, of a host that lived on', () => {
    const last = history.findLast((entry): entry is EntryOf<'ended'> => entry.kind === 'ended')!;
    expect(check(without((entry) => entry === last)).doubts.join()).toMatch(/1 calls have no end/);
  });
});
