// What integration tests find running: one Kafka broker and one Kubernetes API server, started once for all of them.
import type { TestProject } from 'vitest/node';
import { type Broker, startBroker } from './broker.ts';
import { reapLeftovers } from './run-records.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** "127.0.0.1:PORT" of the shared broker. Its topics and groups are shared: use names of your own. */
    kafkaBootstrap: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  reapLeftovers();
  const broker: Broker = await startBroker();
  project.provide('kafkaBootstrap', broker.bootstrap);
  return () => broker.dispose();
}
