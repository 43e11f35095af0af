/** One JSON line per entry on standard output, for the host itself and for `context.log`. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type Fields = Readonly<Record<string, unknown>>;
export type WriteLine = (line: string) => void;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** `bound` fields come with every entry. An `Error` in a field is written with its stack. */
export function createLog(write: WriteLine, now: () => number, bound: Fields = {}): Log {
  const entry = (level: LogLevel) => (message: string, fields?: Fields) =>
    write(lineOf({ level, time: new Date(now()).toISOString(), message, ...bound, ...fields }));
  return { debug: entry('debug'), info: entry('info'), warn: entry('warn'), error: entry('error') };
}

function lineOf(entry: Fields): string {
  try {
    return JSON.stringify(entry, (_, value: unknown) => (value instanceof Error ? errorText(value) : value));
  } catch (error) {
    // A field that JSON cannot hold must not make the function fail.
    return JSON.stringify({ ...pick(entry, ['level', 'time', 'message']), unwritable: String(error) });
  }
}

const pick = (entry: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(names.map((name) => [name, String(entry[name])]));

/** The stack begins with name and message, except that of some syntax errors. */
export function errorText(error: Error): string {
  const headline = `${error.name}: ${error.message}`;
  if (!error.stack) return headline;
  return error.stack.includes(error.message) ? error.stack : `${headline}\n${error.stack}`;
}
