/** What people see of a check: the guilty partition drawn, the anomaly named and explained; and histories read from files. */
import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { Chance, givenHistory } from './given-history.ts';
import { mutations } from './given-mutations.ts';
import { entriesOf } from './read-history.ts';
import { reportText } from './report-text.ts';

describe('a report', () => {
  it('names the anomaly, says what it means, and draws the partition around it', () => {
    const { mutate } = mutations.find(({ name }) => name === 'overlap')!;
    const history = mutate(givenHistory(3), new Chance(1))!;
    const text = reportText(check(history), history);
    expect(text).toMatch(/^invalid: given: \d+ records, .*; overlap 1$/m);
    expect(text).toContain('overlap: two calls of one partition ran at the same time');
    const [, offset] = /overlap at \d+\/(\d+)/.exec(text)!;
    expect(text).toMatch(new RegExp(`!! overlap at ${offset}: .* before .* ended`));
    expect(text).toMatch(/▶ call .* on host-0: \d+ ms, all ok/);
    expect(text).toMatch(/✓ commit \d+ by epoch \d+/);
    expect(text).toMatch(/█/);
  });

  it('of a valid history is one line', () => {
    const history = givenHistory(4);
    expect(reportText(check(history), history)).toMatch(/^valid: given: [^\n]*$/);
  });
});

describe('files of a history', () => {
  it('may end within a line, as a killed process leaves them', () => {
    expect(entriesOf('{"kind":"sent","atMs":1,"seq":1}\n{"kind":"se', 'f')).toHaveLength(1);
  });
  it('may not be damaged elsewhere', () => {
    expect(() => entriesOf('{"kind":"se\n{"kind":"sent","atMs":1,"seq":1}\n', 'f')).toThrow('f, line 1');
  });
});
