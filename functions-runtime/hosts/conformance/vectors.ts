/** The shape of the contract's vectors, and how an answer is held against what they expect. See contract/vectors.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

export interface VectorFile {
  readonly file: string;
  readonly about: string;
  readonly settings: Readonly<Record<string, string | number>>;
  /** Per language, per file name, the lines. */
  readonly code: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly vectors: readonly { readonly name: string; readonly steps: readonly Step[] }[];
}

export type Step = Exchange | { readonly await: { readonly inFlight: number } };

export interface Exchange {
  readonly request: VectorRequest;
  readonly response: Expected;
  /** Done while the request is being worked on. */
  readonly during?: readonly Step[];
}

export interface VectorRequest {
  /** Default POST. */
  readonly method?: string;
  /** Default `/`. */
  readonly path?: string;
  /** `{now+N}` in a value stands for the Unix time in ms, N later. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly bodyText?: string;
  readonly bodyBase64?: string;
  /** Sent without a length. */
  readonly chunked?: boolean;
}

export interface Expected {
  readonly status: number;
  /** Null: must be absent. Others than these may come. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Compared as JSON. */
  readonly body?: unknown;
  readonly bodyText?: unknown;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export function readVectors(dir: string | URL): VectorFile[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .map((file) => ({ ...JSON.parse(readFileSync(new URL(file, dir), 'utf8')), file }) as VectorFile);
}

/** What differs, in words; empty when the answer is as expected. */
export function differences(received: Received, expected: Expected): string[] {
  const found: string[] = [];
  if (received.status !== expected.status) found.push(`status ${received.status}, expected ${expected.status}`);
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    const got = received.headers[name] ?? null;
    if (got !== value) found.push(`header ${name}: ${String(got)}, expected ${String(value)}`);
  }
  if (expected.status === 204 && received.body !== '') found.push(`a body together with 204: ${received.body}`);
  if (expected.bodyText !== undefined && !matches(received.body, expected.bodyText)) {
    found.push(`body ${received.body}, expected ${JSON.stringify(expected.bodyText)}`);
  }
  if (expected.body !== undefined) {
    const body = parsed(received.body);
    if (!matches(body, expected.body)) found.push(`body ${received.body}, expected ${JSON.stringify(expected.body)}`);
  }
  return found.length > 0 && received.status !== expected.status ? [...found, `body: ${received.body}`] : found;
}

/** Deep equality, save that `{"$contains": text}` matches any text that contains it. */
export function matches(value: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return isDeepStrictEqual(value, expected);
  if ('$contains' in expected) return typeof value === 'string' && value.includes(String(expected.$contains));
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(expected)) return false;
  const [keys, wanted] = [Object.keys(value), Object.keys(expected)];
  if (keys.length !== wanted.length) return false;
  return wanted.every(
    (key) =>
      Object.hasOwn(value, key) &&
      matches((value as Record<string, unknown>)[key], (expected as Record<string, unknown>)[key]),
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
