/** The log of a child process as it is written: JSON lines of a file, whatever else stands between them. */
import { readFileSync } from 'node:fs';

export type LogLine = Readonly<Record<string, unknown>>;

export function logLines(path: string): LogLine[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line) as LogLine];
    } catch {
      return [];
    }
  });
}
