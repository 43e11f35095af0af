// The scout's one reader of the environment.
export interface ScoutConfig {
  readonly port: number;
  readonly samplePeriodMs: number;
  readonly logLevel: string;
}

export function readConfig(env: Readonly<Record<string, string | undefined>>): ScoutConfig {
  return {
    port: integer(env, 'HEADRACE_PORT', 8081, 0, 65_535),
    samplePeriodMs: integer(env, 'HEADRACE_SAMPLE_PERIOD_MS', 1000, 100, 60_000),
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
