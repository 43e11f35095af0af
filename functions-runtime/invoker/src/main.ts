/** Starts an invoker: reads the configuration, wires Kafka, the function's endpoints, the placement and the HTTP door, ends on SIGTERM. */
import { placementConfigMap, type Wish } from '#contract/invoker-contract.ts';
import { kafkaRoom } from '#kafka/index.ts';
import { inClusterApi, type KubeApi } from '#kube/kube-api.ts';
import { type InvokerConfig, readConfig } from './config.ts';
import { hostIsUp } from './shell/early-pods.ts';
import { watchEndpoints } from './shell/endpoints.ts';
import { Invoker } from './shell/invoker.ts';
import { createLog, type Logger } from './shell/log.ts';
import { watchPlacement, watchPlacementFile } from './shell/placement.ts';
import { startServer } from './shell/server.ts';

/** A pod that restarts while the API server is away takes its partitions up after this. */
const placementWaitMs = 5_000;
/** Above the drain, for the last commits, the leave, closing; below what the pod is given until it is killed. */
const endMarginMs = 9_000;

const config = readConfig(process.env);
const log = createLog(config.logLevel, config.contract, config.podName);
const invoker = new Invoker(config, kafkaRoom, log, () => void end('replaced', 1));

const server = await startServer(config.port, {
  metrics: invoker.metrics,
  report: () => invoker.report(),
  isReady: () => invoker.attendance.state !== 'joining',
});
const stopWatching = watch(invoker, config, log);
let ending = false;
process.on('SIGTERM', () => void end('SIGTERM', 0));
process.on('SIGINT', () => void end('SIGINT', 0));
// Last: whoever reads it may send a signal.
log.info({ port: server.port }, 'listens');

function watch(to: Invoker, { contract, staticEndpoints, placementFile }: InvokerConfig, logger: Logger): () => void {
  const stops: (() => void)[] = [];
  let api: KubeApi | undefined;
  const kube = (): KubeApi => {
    api ??= inClusterApi(process.env);
    return api;
  };
  const { namespace, name } = contract.binding;
  const trouble = (what: string) => (error: Error) =>
    logger.warn({ detail: error.message }, `trouble with the ${what}`);
  if (staticEndpoints !== null) to.pods.setEndpoints(staticEndpoints);
  else {
    const onChanged = (endpoints: readonly string[]): void => {
      logger.info({ endpoints }, 'endpoints of the function');
      to.pods.setEndpoints(endpoints);
    };
    const handlers = { onChanged, onError: trouble('endpoints') };
    // Of plain containers only the kubelet knows how they are asked.
    const isUp = contract.function.kind === 'Host' ? hostIsUp : undefined;
    stops.push(watchEndpoints(kube(), namespace, contract.function.serviceName, handlers, isUp));
  }
  const onPlacement = (invokers: number): void => {
    logger.info({ invokers }, 'placement');
    to.attendance.place(invokers);
  };
  let wishesTold = '';
  const onWishes = (wishes: readonly Wish[]): void => {
    const text = JSON.stringify(wishes);
    if (text !== wishesTold && wishes.length > 0) logger.info({ wishes }, 'wishes for single records');
    wishesTold = text;
    to.wish(wishes);
  };
  const handlers = { onPlacement, onWishes, onError: trouble('placement') };
  if (placementFile !== null) stops.push(watchPlacementFile(placementFile, handlers));
  else stops.push(watchPlacement(kube(), namespace, placementConfigMap(name), handlers));
  const timer = setTimeout(() => to.attendance.assumePlaced(), placementWaitMs);
  stops.push(() => clearTimeout(timer));
  return () => {
    for (const stop of stops) stop();
  };
}

async function end(why: string, exitCode: number): Promise<void> {
  if (ending) return;
  ending = true;
  log.info({ why }, 'ends: drains, commits, leaves the group');
  const limitMs = config.contract.flow.drainTimeoutMs + endMarginMs;
  setTimeout(() => {
    log.error({ limitMs }, 'did not end in time');
    process.exit(exitCode === 0 ? 1 : exitCode);
  }, limitMs).unref();
  stopWatching();
  await invoker.end();
  await server.close();
  log.info('ended');
  process.exit(exitCode);
}
