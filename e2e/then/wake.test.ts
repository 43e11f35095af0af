// The table of wakes: each part's fastest, median and worst, of those wakes whose both ends were seen.
import { expect, it } from 'vitest';
import { type Wake, wakeTable } from './wake.ts';

const wake = (appended: number, more: Partial<Wake> = {}): Wake => ({
  appended,
  functionScaled: appended + 40,
  invokerScaled: appended + 60,
  hostBegan: appended + 900,
  functionAddressed: appended + 1_000,
  functionReady: appended + 1_500,
  invokerReady: appended + 2_000,
  called: appended + 2_100,
  written: appended + 2_110,
  ...more,
});

it('takes each part from its own two moments', () => {
  const wakes = [wake(0), wake(5_000, { called: 7_900, written: 7_910 }), wake(9_000, { functionScaled: undefined })];
  const rows = wakeTable(wakes).split('\n');
  expect(rows).toContain('| broker appended → function scaled | 40 | 40 | 40 | 2 |');
  expect(rows).toContain('| broker appended → invoker scaled | 60 | 60 | 60 | 3 |');
  expect(rows).toContain('| **broker appended → first call** | 2,100 | 2,100 | 2,900 | 3 |');
});
