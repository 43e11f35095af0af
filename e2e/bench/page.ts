/** The page of figures: each part replaces its own section, the words between are written by people. */

const mark = (name: string): string => `<!-- measured: ${name} -->`;
const endMark = '<!-- /measured -->';

/** The page with the section of that name replaced. Throws when the page has none. */
export function withSection(page: string, name: string, section: string): string {
  const begin = page.indexOf(mark(name));
  const end = page.indexOf(endMark, begin);
  if (begin < 0 || end < 0)
    throw new Error(`the page has no section "${name}": put ${mark(name)} … ${endMark} into it`);
  return `${page.slice(0, begin)}${mark(name)}\n\n${section}\n\n${page.slice(end)}`;
}

export interface Circumstances {
  readonly date: Date;
  readonly machine: string;
  readonly command: string;
  readonly runs: number;
  /** Of one minute, before the part began. */
  readonly loadBefore: number;
  readonly othersCores: readonly number[];
}

/** The line below each table. */
export function circumstancesText({ date, machine, command, runs, loadBefore, othersCores }: Circumstances): string {
  const times = runs === 1 ? '1 run' : `${runs} runs`;
  const most = Math.max(...othersCores);
  const mean = othersCores.reduce((sum, each) => sum + each, 0) / othersCores.length;
  const others = `other programs used ${mean.toFixed(2)} cores on average, ${most.toFixed(2)} in the worst run`;
  return `*${date.toISOString().slice(0, 16).replace('T', ' ')} UTC, \`${command}\`, ${times}, fresh processes for each. ${machine}. Load average before: ${loadBefore.toFixed(2)}; ${others}.*`;
}
