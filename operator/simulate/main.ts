// `make simulate`: every scaler on every shape; a table on standard output, table and plots into the docs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type Contest, contest } from './contest.ts';
import { withTables } from './page.ts';
import { plot } from './plot.ts';
import { shapes } from './shapes.ts';
import { terminalHead, terminalRows } from './table.ts';

const page = new URL('../../docs/scaling.md', import.meta.url);
const plots = new URL('../../docs/scaling/', import.meta.url);

console.log(terminalHead());
const contests: Contest[] = [];
for (const shape of shapes) {
  const met = contest(shape);
  contests.push(met);
  for (const row of terminalRows(met)) console.log(row);
}
if (!process.argv.includes('--dry')) {
  mkdirSync(plots, { recursive: true });
  for (const met of contests) writeFileSync(new URL(`${met.shape.name.replaceAll(' ', '-')}.svg`, plots), plot(met));
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), contests));
}
