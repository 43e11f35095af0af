// The running cluster as tests and the demo see it: how to reach it, and the two commands that act on it.
import { type Finished, run } from './commands.ts';
import { Missing } from './progress.ts';
import { type ClusterRecord, readRecord } from './state.ts';
import { tool } from './tools.ts';

export interface Cluster {
  /** The path of a kubeconfig file. */
  readonly kubeconfig: string;
  /** host:port of the broker, from this machine. */
  readonly kafkaBootstrap: string;
  /** host:port of the broker, from a pod. */
  readonly kafkaBootstrapInCluster: string;
  /** Runs kubectl to its end, whatever its exit code; at most ten minutes. */
  kubectl(args: readonly string[], input?: string): Promise<Finished>;
  /** Runs helm to its end, whatever its exit code; at most ten minutes. */
  helm(args: readonly string[]): Promise<Finished>;
}

const commandTimeoutMs = 10 * 60_000;

/** The cluster that `up` made ready. Throws `Missing` when there is none. */
export async function currentCluster(): Promise<Cluster> {
  const record = await readRecord();
  if (!record) throw new Missing('no cluster is up', 'make up');
  return clusterOf(record);
}

export function clusterOf(record: ClusterRecord): Cluster {
  const { kubeconfig, kafkaBootstrap, kafkaBootstrapInCluster } = record;
  return {
    kubeconfig,
    kafkaBootstrap,
    kafkaBootstrapInCluster,
    kubectl: (args, input) => kubectl(kubeconfig, args, input),
    helm: async (args) =>
      run(await tool('helm'), args, { env: { KUBECONFIG: kubeconfig }, timeoutMs: commandTimeoutMs }),
  };
}

export async function kubectl(kubeconfig: string, args: readonly string[], input?: string): Promise<Finished> {
  const options = { env: { KUBECONFIG: kubeconfig }, timeoutMs: commandTimeoutMs };
  return run(await tool('kubectl'), args, input === undefined ? options : { ...options, stdin: input });
}

/** Standard output of a kubectl that must succeed. */
export async function mustKubectl(kubeconfig: string, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(kubeconfig, args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with code ${code}\n${stderr || stdout}`);
  return stdout;
}
