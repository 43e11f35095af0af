// The way of a cluster that is there already: HEADRACE_KUBECONFIG names its kubeconfig.
import { access, constants } from 'node:fs/promises';
import { kubectl, mustKubectl } from './cluster.ts';
import { must } from './commands.ts';
import { kafkaNamespace, publicKafkaImage } from './kafka.ts';
import { Missing, say } from './progress.ts';
import { readRecord } from './state.ts';
import type { ClusterWay } from './way.ts';

function kubeconfig(): string | undefined {
  return process.env.HEADRACE_KUBECONFIG || undefined;
}

export const given: ClusterWay = {
  name: 'given',
  applies: async () => kubeconfig() !== undefined,
  async up() {
    const path = kubeconfig();
    if (!path) {
      const act = 'set it to the path of a kubeconfig file, or "make down" to be done with the cluster that was given';
      throw new Missing('HEADRACE_KUBECONFIG is not set', act);
    }
    await access(path, constants.R_OK).catch(() => {
      throw new Missing(`${path} cannot be read`, 'set HEADRACE_KUBECONFIG to the path of a kubeconfig file');
    });
    const { code, stderr } = await kubectl(path, ['get', '--raw', '/readyz', '--request-timeout=10s']);
    if (code !== 0) throw new Missing(`the cluster of ${path} does not answer: ${stderr.trim()}`, 'see that it runs');
    const address = "{.items[0].status.addresses[?(@.type=='InternalIP')].address}";
    const nodeHost = await mustKubectl(path, ['get', 'nodes', '-o', `jsonpath=${address}`]);
    const kafkaImage = process.env.HEADRACE_KAFKA_IMAGE || publicKafkaImage;
    return { kubeconfig: path, kafkaImage, nodeHost: process.env.HEADRACE_NODE_HOST || nodeHost };
  },
  async down() {
    const path = kubeconfig() ?? (await readRecord())?.kubeconfig;
    if (!path) return;
    say(`the cluster stays; removing the namespace ${kafkaNamespace} that was made in it`);
    await mustKubectl(path, ['delete', 'namespace', kafkaNamespace, '--ignore-not-found', '--wait']);
  },
  async loadImages(archives) {
    const command = process.env.HEADRACE_LOAD_IMAGE;
    if (!command) {
      const act =
        'set HEADRACE_LOAD_IMAGE to a command that loads an archive, such as "minikube image load" or "k3s ctr images import"';
      throw new Missing('how images come to the given cluster is not known', act);
    }
    const [program = '', ...args] = command.split(/\s+/);
    for (const archive of archives) await must(program, [...args, archive], { timeoutMs: 300_000 });
  },
  async status() {
    const path = kubeconfig();
    if (!path) return ['HEADRACE_KUBECONFIG is not set'];
    const { code } = await kubectl(path, ['get', '--raw', '/readyz', '--request-timeout=5s']);
    return [`cluster of ${path}: ${code === 0 ? 'ready' : 'does not answer'}`];
  },
};
