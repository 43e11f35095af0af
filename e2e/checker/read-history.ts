/** Reads a history from a folder: every `*.ndjson` in it, one file per process. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from './history.ts';

/** Throws on a line that is no JSON, unless it is the last of its file: a killed process may have been writing it. */
export function readHistory(folder: string): Entry[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.ndjson'));
  return names.sort().flatMap((name) => entriesOf(readFileSync(join(folder, name), 'utf8'), name));
}

export function entriesOf(text: string, name: string): Entry[] {
  const lines = text.split('\n');
  const entries: Entry[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    try {
      entries.push(JSON.parse(line) as Entry);
    } catch (cause) {
      if (index === lines.length - 1) continue;
      throw new Error(`${name}, line ${index + 1} is no JSON: the history is damaged, run it anew`, { cause });
    }
  }
  return entries;
}
