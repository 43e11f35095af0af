// What a scenario that failed leaves for its reader: objects, conditions, events, the ends of the logs.
import { headraceNamespace } from '../cluster/install.ts';
import type { Kubernetes } from '../given/kubernetes.ts';

interface Place {
  readonly namespace: string;
  readonly kubernetes: Kubernetes;
  in(namespace: string): Kubernetes;
}

const sectionChars = 4_000;
const lineChars = 400;

/** Questions run one after another: the machine is busy enough. Never throws. */
export async function whatStands({ namespace, kubernetes, in: within }: Place): Promise<string> {
  const system = within(headraceNamespace);
  const conditions =
    'jsonpath={range .items[*]}{.kind} {.metadata.name}{"\\n"}{range .status.conditions[*]}  {.type}={.status} {.reason}: {.message}{"\\n"}{end}{end}';
  const sections: [title: string, ask: () => Promise<string>][] = [
    ['objects', () => text(kubernetes, ['get', 'efn,sbind,deployments,statefulsets,pods,configmaps', '-o', 'wide'])],
    ['conditions', () => text(kubernetes, ['get', 'efn,sbind', '-o', conditions])],
    ['events', () => text(kubernetes, ['get', 'events', '--sort-by=.lastTimestamp'])],
    ['operator', () => text(system, ['logs', 'deployment/headrace-operator', '--tail=40'])],
  ];
  const pods = await kubernetes.list('pods').catch(() => []);
  for (const { metadata, status } of pods) {
    const log = ['logs', metadata.name, '--tail=25', '--all-containers'];
    sections.push([metadata.name, () => text(kubernetes, log)]);
    if (status?.containerStatuses?.some(({ restartCount = 0 }) => restartCount > 0))
      sections.push([`${metadata.name}, before its restart`, () => text(kubernetes, [...log, '--previous'])]);
  }
  const parts: string[] = [`what stands in ${namespace}:`];
  for (const [title, ask] of sections) parts.push(`── ${title}`, (await ask()).slice(-sectionChars));
  return parts.join('\n');
}

async function text(kubernetes: Kubernetes, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await kubernetes.kubectl(args);
    const lines = (stdout.trimEnd() || stderr.trimEnd()).split('\n');
    return lines.map((line) => line.slice(0, lineChars)).join('\n');
  } catch (error) {
    return String(error);
  }
}
