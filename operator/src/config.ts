/** The operator's settings: the one reader of the environment. */
import type { OperatorSettings } from './plan/settings.ts';

export interface Config {
  readonly settings: OperatorSettings;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly logLevel: string;
  readonly port: number;
  /** A kubeconfig file; absent: the pod's own service account. */
  readonly kubeconfig: string | undefined;
  /** Name of this process in Events. */
  readonly instance: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'] as const;

/** Throws one error that names every variable that is missing or wrong. */
export function readConfig(env: Environment): Config {
  const problems: string[] = [];
  const required = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '') problems.push(`${name} is not set`);
    return value ?? '';
  };
  const oneOf = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const value = env[name] || fallback;
    if (!allowed.includes(value as T)) problems.push(`${name} is '${value}': use one of ${allowed.join(', ')}`);
    return value as T;
  };
  const resources = (name: string): OperatorSettings['resources']['function'] => {
    try {
      return JSON.parse(env[name] || '{}');
    } catch {
      problems.push(`${name} is no JSON: give a ResourceRequirements object such as {"requests":{"cpu":"50m"}}`);
      return {};
    }
  };
  const port = Number(env.HEADRACE_PORT || 8083);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push('HEADRACE_PORT is no port number');
  const config: Config = {
    settings: {
      images: {
        invoker: required('HEADRACE_IMAGE_INVOKER'),
        scout: required('HEADRACE_IMAGE_SCOUT'),
        hostNode26: required('HEADRACE_IMAGE_HOST_NODE26'),
      },
      imagePullPolicy: oneOf('HEADRACE_IMAGE_PULL_POLICY', pullPolicies, 'IfNotPresent'),
      resources: {
        invoker: resources('HEADRACE_RESOURCES_INVOKER'),
        scout: resources('HEADRACE_RESOURCES_SCOUT'),
        function: resources('HEADRACE_RESOURCES_FUNCTION'),
      },
    },
    watchNamespaces: (env.HEADRACE_WATCH_NAMESPACES ?? '').split(',').filter((name) => name !== ''),
    logLevel: oneOf('HEADRACE_LOG_LEVEL', logLevels, 'info'),
    port,
    kubeconfig: env.KUBECONFIG || undefined,
    instance: env.HOSTNAME || 'headrace-operator',
  };
  if (problems.length > 0) throw new Error(`the environment is incomplete: ${problems.join('; ')}`);
  return config;
}
