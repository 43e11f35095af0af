// The scout's one reader of the environment.
export interface ScoutConfig {
  readonly port: number;
  readonly samplePeriodMs: number;
  /** Offsets of sleeping groups are committed anew after this: well below any retention that a broker is given. */
  readonly keepOffsetsMs: number;
  readonly logLevel: string;
}

export function readConfig(env: Readonly<Record<string, string | undefined>>): ScoutConfig {
  return {
    port: integer(env, 'HEADRACE_PORT', 8081, 0, 65_535),
    samplePeriodMs: integer(env, 'HEADRACE_SAMPLE_PERIOD_MS', 1000, 100, 60_000),
    keepOffsetsMs: integer(env, 'HEADRACE_KEEP_OFFSETS_MS', 6 * 3_600_000, 1_000, 86_400_000),
    logLevel: env.HEADRACE_LOG_LEVEL ?? 'info',
  };
}

function integer(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new Error(`${name}=${text}: must be an integer from ${min} to ${max}`);
  return value;
}
