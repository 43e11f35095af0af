// docs/scaling.md: the parts that a simulation writes stand between marks; everything else is a person's.
import type { Contest } from './contest.ts';
import { markdownSummary, markdownTable, markdownVerdicts } from './table.ts';

/** `text` with what stands between the marks `<!-- name -->` and `<!-- /name -->` made anew. Throws where a mark is missing. */
export function withTables(text: string, contests: readonly Contest[]): string {
  const parts: Readonly<Record<string, readonly string[]>> = {
    figures: markdownTable(contests),
    summary: markdownSummary(contests),
    'verdicts-max': markdownVerdicts(contests, 'max'),
    'verdicts-p99': markdownVerdicts(contests, 'p99'),
    plots: contests.map(({ shape }) => `![${shape.name}](scaling/${shape.name.replaceAll(' ', '-')}.svg)`),
  };
  return Object.entries(parts).reduce((page, [name, lines]) => replaced(page, name, lines), text);
}

function replaced(page: string, name: string, lines: readonly string[]): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(open);
  const to = page.indexOf(close);
  if (from < 0 || to < from) throw new Error(`docs/scaling.md lacks the marks ${open} and ${close}`);
  return `${page.slice(0, from + open.length)}\n${lines.join('\n')}\n${page.slice(to)}`;
}
