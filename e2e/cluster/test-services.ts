// What integration tests find running: one Kafka broker and one Kubernetes API server, started once for all of them.
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startApiServer } from './apiserver.ts';
import { startBroker } from './broker.ts';
import { reapLeftovers } from './run-records.ts';
import { cacheDir } from './versions.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** "127.0.0.1:PORT" of the shared broker. Its topics and groups are shared: use names of your own. */
    kafkaBootstrap: string;
    /** The kubeconfig of an admin of the shared API server. Its objects are shared: use namespaces of your own. */
    kubeconfigPath: string;
  }
}

type Service = 'broker' | 'apiserver';
type Stop = () => Promise<void>;
const provides = { broker: 'kafkaBootstrap', apiserver: 'kubeconfigPath' } as const;

/**
 * Starts what `HEADRACE_TEST_SERVICES` asks for: `broker`, `apiserver`, or both when it is not set. Tests that `inject`
 * what was not started get undefined. The projects of a run share them: the first one that is set up starts them for all.
 */
export default async function setup({ vitest }: TestProject): Promise<Stop> {
  const given = vitest.getRootProject().getProvidedContext();
  const wanted = wantedServices(process.env.HEADRACE_TEST_SERVICES).filter((service) => !(provides[service] in given));
  reapLeftovers();
  // The same programs are started a hundred times: what Node compiles of them they find in their environment. A quarter less
  // processor time for the start of an invoker.
  process.env.NODE_COMPILE_CACHE ??= join(cacheDir, 'compiled');
  const starts: Record<Service, () => Promise<Stop>> = {
    broker: async () => {
      const broker = await startBroker();
      vitest.provide('kafkaBootstrap', broker.bootstrap);
      return () => broker.dispose();
    },
    apiserver: async () => {
      const server = await startApiServer();
      vitest.provide('kubeconfigPath', server.kubeconfigPath);
      return () => server.dispose();
    },
  };
  const outcomes = await Promise.allSettled(wanted.map((service) => starts[service]()));
  const stops = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const stopAll = async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) {
    await stopAll();
    throw failure.reason;
  }
  return stopAll;
}

/** Which services a value of `HEADRACE_TEST_SERVICES` names. */
export function wantedServices(value: string | undefined): Service[] {
  switch (value) {
    case undefined:
    case '':
      return ['broker', 'apiserver'];
    case 'broker':
    case 'apiserver':
      return [value];
    default:
      throw new Error(`HEADRACE_TEST_SERVICES is ${JSON.stringify(value)}: use broker, apiserver, or leave it unset`);
  }
}
