/** Finds and imports the user's code; a failure names the file, the line and the next step. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorText } from './log.ts';
import type { Signature } from './settings.ts';

export type UserFunction = (input: never, context: never) => unknown;

export type LoadedCode =
  | { readonly kind: 'loaded'; readonly call: UserFunction; readonly form: 'Event' | 'Batch'; readonly file: string }
  | { readonly kind: 'failed'; readonly cause: string; readonly next: string };

export interface CodeLocation {
  readonly codeDir: string;
  readonly handler: string;
  readonly signature: Signature;
}

/** TypeScript runs as it is, its types are stripped (no enums, no namespaces). */
const endings = ['mjs', 'js', 'ts', 'mts', 'cjs', 'cts'];

export async function loadCode({ codeDir, handler, signature }: CodeLocation): Promise<LoadedCode> {
  const { stem, exportName } = splitHandler(handler);
  const found = await findFile(codeDir, stem);
  if (found.kind === 'failed') return found;
  const { file } = found;
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    return { kind: 'failed', cause: await loadFailure(error, codeDir), next: 'mend the code and apply it again' };
  }
  const call = exports[exportName];
  if (typeof call === 'function') {
    const isBatch = signature === 'Auto' ? (call as { batch?: unknown }).batch === true : signature === 'Batch';
    return { kind: 'loaded', call: call as UserFunction, form: isBatch ? 'Batch' : 'Event', file };
  }
  const names = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
  return {
    kind: 'failed',
    cause: `${file} exports ${call === undefined ? 'no' : 'something else than a function as'} "${exportName}"`,
    next: `export a function of that name, or set spec.handler to one that it exports: ${names.join(', ') || '(none)'}`,
  };
}

/** `file.export`, where the file has no ending; else an export of the index file. */
export function splitHandler(handler: string): { readonly stem: string; readonly exportName: string } {
  const dot = handler.lastIndexOf('.');
  return dot < 0
    ? { stem: 'index', exportName: handler }
    : { stem: handler.slice(0, dot), exportName: handler.slice(dot + 1) };
}

async function findFile(codeDir: string, stem: string): Promise<{ kind: 'found'; file: string } | FailedCode> {
  let names: string[];
  try {
    names = await readdir(codeDir);
  } catch (error) {
    return { kind: 'failed', cause: (error as Error).message, next: 'mount the code there, or set HEADRACE_CODE_DIR' };
  }
  const wanted = endings.map((ending) => `${stem}.${ending}`);
  const name = wanted.find((candidate) => names.includes(candidate));
  if (name !== undefined) return { kind: 'found', file: join(codeDir, name) };
  return {
    kind: 'failed',
    cause: `${codeDir} has none of ${wanted.join(', ')}; it has: ${names.join(', ') || '(nothing)'}`,
    next: 'name the file so, or set spec.handler to file.export',
  };
}

type FailedCode = Extract<LoadedCode, { kind: 'failed' }>;

async function loadFailure(error: unknown, codeDir: string): Promise<string> {
  if (!(error instanceof Error)) return `the code threw ${String(error)}`;
  const text = errorText(error);
  if (!(error instanceof SyntaxError) || text.includes(codeDir)) return withoutOwnFrames(text);
  return (await syntaxFailure(codeDir)) ?? withoutOwnFrames(text);
}

/** Node does not say where a syntax error of an imported module is; its check of a single file does. */
async function syntaxFailure(codeDir: string): Promise<string | undefined> {
  const names = (await readdir(codeDir)).filter((name) => endings.some((ending) => name.endsWith(`.${ending}`)));
  for (const name of names.slice(0, 50)) {
    const failure = await new Promise<string>((resolve) => {
      execFile(process.execPath, ['--check', join(codeDir, name)], { timeout: 5_000 }, (_, __, stderr) =>
        resolve(stderr),
      );
    });
    if (failure !== '') return withoutOwnFrames(failure).trim();
  }
  return undefined;
}

const withoutOwnFrames = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => !/^\s+at .*\bnode:/.test(line) && !/^Node\.js v/.test(line))
    .join('\n')
    .trimEnd();
