/** The one reader of the environment: what the operator tells a host, checked, with every default. */

export type Signature = 'Auto' | 'Event' | 'Batch';

export interface Settings {
  /** `HEADRACE_CODE_DIR`: folder with the user's files. */
  readonly codeDir: string;
  /** `HEADRACE_HANDLER`: `default`, an export of the index file, or `file.export`. */
  readonly handler: string;
  /** `HEADRACE_SIGNATURE`. `Auto`: `Batch` when the exported function has a property `batch = true`, else `Event`. */
  readonly signature: Signature;
  /** `HEADRACE_CONCURRENCY`: calls at a time; one more is refused as busy. */
  readonly concurrency: number;
  /** `HEADRACE_PORT`; 0 lets the system choose, the log then says which. */
  readonly port: number;
  /** `HEADRACE_FUNCTION`: name of the function; part of `type` and `source` of its outputs. */
  readonly functionName: string;
  /** `HEADRACE_TIMEOUT_MS`: limit of a call that brings no deadline of its own. */
  readonly timeoutMs: number;
  /** `HEADRACE_MAX_BODY_BYTES`: larger calls are refused as too large. Four times as much may be read at a time. */
  readonly maxBodyBytes: number;
  /** `HEADRACE_DRAIN_MS`: how long running calls may take to end after SIGTERM. */
  readonly drainMs: number;
  /** `HEADRACE_CALLERS_KEYS`: file with the keys of the cluster that signs callers' tokens. Null: anybody may call. */
  readonly callersKeysFile: string | null;
  /** `HEADRACE_CALLERS_AUDIENCE`, `HEADRACE_CALLERS_NAMESPACE`: for whom their tokens are, and where they live. */
  readonly callersAudience: string;
  readonly callersNamespace: string;
}

export type SettingsRead =
  | { readonly kind: 'read'; readonly settings: Settings }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

const signatures: readonly Signature[] = ['Auto', 'Event', 'Batch'];

export function readSettings(env: Readonly<Record<string, string | undefined>>): SettingsRead {
  const problems: string[] = [];
  const integer = (name: string, fallback: number, min: number, max: number): number => {
    const text = env[name];
    if (text === undefined || text === '') return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    problems.push(`${name} is ${JSON.stringify(text)}: set a whole number from ${min} to ${max}`);
    return fallback;
  };
  const text = (name: string, fallback: string): string => env[name] || fallback;
  const signature = signatures.find((known) => known === text('HEADRACE_SIGNATURE', 'Auto'));
  if (!signature) {
    problems.push(
      `HEADRACE_SIGNATURE is ${JSON.stringify(env.HEADRACE_SIGNATURE)}: set one of ${signatures.join(', ')}`,
    );
  }
  const settings: Settings = {
    codeDir: text('HEADRACE_CODE_DIR', '/etc/headrace/code'),
    handler: text('HEADRACE_HANDLER', 'default'),
    signature: signature ?? 'Auto',
    concurrency: integer('HEADRACE_CONCURRENCY', 1, 1, 10_000),
    port: integer('HEADRACE_PORT', 8080, 0, 65_535),
    functionName: text('HEADRACE_FUNCTION', 'function'),
    timeoutMs: integer('HEADRACE_TIMEOUT_MS', 30_000, 1, 86_400_000),
    maxBodyBytes: integer('HEADRACE_MAX_BODY_BYTES', 16 * 1024 * 1024, 1, 512 * 1024 * 1024),
    drainMs: integer('HEADRACE_DRAIN_MS', 25_000, 0, 3_600_000),
    callersKeysFile: env.HEADRACE_CALLERS_KEYS || null,
    callersAudience: text('HEADRACE_CALLERS_AUDIENCE', ''),
    callersNamespace: text('HEADRACE_CALLERS_NAMESPACE', ''),
  };
  if (settings.callersKeysFile !== null && (settings.callersAudience === '' || settings.callersNamespace === ''))
    problems.push('HEADRACE_CALLERS_KEYS is set: set HEADRACE_CALLERS_AUDIENCE and HEADRACE_CALLERS_NAMESPACE too');
  return problems.length === 0 ? { kind: 'read', settings } : { kind: 'invalid', problems };
}
