// What a function needs and has no power over: a small service on the cluster, away or there as the scenario wishes.

import { eventually } from '../then/eventually.ts';
import { readyPods } from '../then/replicas.ts';
import type { Kubernetes } from './kubernetes.ts';

export interface Dependency {
  readonly url: string;
  /** Resolves when no pod of it is left. */
  goesAway(): Promise<void>;
  /** Resolves when it answers. */
  comesBack(): Promise<void>;
}

const port = 8080;
const program = `
const server = require('node:http').createServer((request, response) => response.end('here'));
server.listen(${port});
process.once('SIGTERM', () => process.exit(0));
`;
const withinMs = 60_000;

/** It is there when this resolves. `image`: any with Node in it. */
export async function dependency(kubernetes: Kubernetes, name: string, image: string): Promise<Dependency> {
  const labels = { app: name };
  const container = {
    ...{ name, image, command: ['node', '-e', program] },
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
    securityContext: {
      ...{ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      ...{ runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    },
  };
  await kubernetes.apply(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        ...{ replicas: 1, selector: { matchLabels: labels } },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: labels, ports: [{ port }] } },
  );
  const isThere = () => readyPods(kubernetes, 'deployments', name, (pods) => pods === 1, { withinMs });
  await isThere();
  return {
    url: `http://${name}.${kubernetes.namespace}.svc:${port}/`,
    goesAway: async () => {
      await kubernetes.patch('deployments', name, { spec: { replicas: 0 } });
      // A pod that is ending still answers on connections that are open.
      const pods = () => kubernetes.list('pods', `app=${name}`);
      await eventually(`no pod of ${name} is left`, { withinMs }, pods, (left) => left.length === 0);
    },
    comesBack: async () => {
      await kubernetes.patch('deployments', name, { spec: { replicas: 1 } });
      await isThere();
    },
  };
}
