/** The operator process: reads its environment, reconciles until it is told to end, and ends in order. */
import { pino } from 'pino';
import { inClusterApi } from '#kube/kube-api.ts';
import { kubeconfigApi } from '#kube/kubeconfig.ts';
import type { KubeApi } from '#kube/list-watch.ts';
import type { KubeAccess } from './clients/kube.ts';
import { readConfig } from './config.ts';
import { type Operator, shortHash, startOperator } from './operator.ts';
import { planBinding } from './plan/binding-plan.ts';
import { planFunction } from './plan/function-plan.ts';
import { planNamespace } from './plan/namespace-plan.ts';
import type { Planner } from './reconcile/reconciler.ts';

/** Kubelet kills after 30 s: by then the requests under way have ended or were given up. */
const stopWithinMs = 20_000;

const config = readConfig(process.env);
const log = pino({
  level: config.logLevel,
  base: null,
  formatters: { level: (level) => ({ level }) },
  timestamp: pino.stdTimeFunctions.isoTime,
});

const { settings } = config;
const planner: Planner = {
  function: (observed) => planFunction(observed, settings, shortHash),
  binding: (observed) => planBinding(observed, settings, shortHash),
  namespace: (observed) => planNamespace(observed, settings),
};

const [api, access]: [KubeApi, KubeAccess] =
  config.kubeconfig === undefined
    ? [inClusterApi(process.env), { kind: 'InCluster' }]
    : [kubeconfigApi(config.kubeconfig), { kind: 'Kubeconfig', path: config.kubeconfig }];

const operator = await startOperator({ api, access, config, planner, log });
log.info({ url: api.url, port: operator.port, namespaces: config.watchNamespaces }, 'operator started');

// A bug in one corner must be seen, and the cluster restarts a process that is in doubt.
process.on('unhandledRejection', (error) => {
  log.fatal({ err: error }, 'unhandled rejection');
  process.exit(1);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end(operator, signal));

async function end(running: Operator, signal: string): Promise<void> {
  log.info({ signal }, 'ending');
  setTimeout(() => process.exit(1), stopWithinMs).unref();
  await running.stop();
  process.exit(0);
}
