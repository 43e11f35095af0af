/** The one reader of the environment: who this invoker is, where its contract lies, and what replaces Kubernetes outside of it. */
import { readFileSync } from 'node:fs';
import { callTokenFile } from '#contract/call.ts';
import { contractVersion, type InvokerContract } from '#contract/invoker-contract.ts';
import { invokerPort } from '#contract/invoker-report.ts';

export interface InvokerConfig {
  readonly contract: InvokerContract;
  /** The pod's name: the static member id of the group. */
  readonly podName: string;
  readonly ordinal: number;
  /** 0: the operating system chooses, and the log tells. */
  readonly port: number;
  readonly logLevel: string;
  /** Group settings of the broker, which the protocol does not tell. */
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly commitIntervalMs: number;
  /** While everything fails nothing is given up for so long. */
  readonly patienceMs: number;
  /** `host:port` of the function's endpoints, instead of watching its EndpointSlices. */
  readonly staticEndpoints: readonly string[] | null;
  /** A file with the number of invokers, instead of the placement ConfigMap. */
  readonly placementFile: string | null;
  /** The token that calls carry is read from here, where there is such a file. */
  readonly callTokenFile: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws, with the name of the variable and what it should be, when the environment makes no sense. */
export function readConfig(env: Environment): InvokerConfig {
  const podName = env.POD_NAME;
  const ordinal = /-(\d{1,5})$/.exec(podName ?? '')?.[1];
  if (podName === undefined || ordinal === undefined) {
    throw new Error(
      `POD_NAME is ${JSON.stringify(podName)}: give the name of a StatefulSet's pod, like "orders-invoker-0"`,
    );
  }
  const path = env.HEADRACE_CONTRACT ?? '/etc/headrace/contract/contract.json';
  const endpoints = env.HEADRACE_FUNCTION_ENDPOINTS;
  return {
    contract: readContract(path),
    podName,
    ordinal: Number(ordinal),
    port: numberOf(env, 'HEADRACE_PORT', invokerPort, 0, 65_535),
    logLevel: env.HEADRACE_LOG_LEVEL ?? 'info',
    sessionTimeoutMs: numberOf(env, 'HEADRACE_SESSION_TIMEOUT_MS', 45_000, 1000, 3_600_000),
    heartbeatIntervalMs: numberOf(env, 'HEADRACE_HEARTBEAT_INTERVAL_MS', 1000, 50, 60_000),
    commitIntervalMs: numberOf(env, 'HEADRACE_COMMIT_INTERVAL_MS', 500, 1, 60_000),
    patienceMs: numberOf(env, 'HEADRACE_PATIENCE_MS', 120_000, 0, 86_400_000),
    staticEndpoints: endpoints === undefined ? null : endpoints.split(',').filter((text) => text !== ''),
    placementFile: env.HEADRACE_PLACEMENT_FILE ?? null,
    callTokenFile: env.HEADRACE_CALL_TOKEN_FILE ?? callTokenFile,
  };
}

function numberOf(env: Environment, name: string, fallback: number, min: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${name} is ${JSON.stringify(text)}: give a whole number from ${min} to ${max}`);
}

function readContract(path: string): InvokerContract {
  let contract: Partial<InvokerContract> | null;
  try {
    contract = JSON.parse(readFileSync(path, 'utf8')) as Partial<InvokerContract> | null;
  } catch (error) {
    throw new Error(`the contract ${path} cannot be read: mount the binding's contract ConfigMap there`, {
      cause: error,
    });
  }
  if (contract?.version !== contractVersion) {
    throw new Error(
      `the contract ${path} has version ${contract?.version}, not ${contractVersion}: update operator and invoker together`,
    );
  }
  return contract as InvokerContract;
}
