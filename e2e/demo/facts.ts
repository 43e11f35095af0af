// What the demo sees each time it looks: the bindings, their pods and their offsets, read from outside like anybody could.
import type { Admin } from 'kafkajs';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import type { Cluster } from '../cluster/cluster.ts';

export interface BindingFacts {
  readonly name: string;
  readonly functionName: string;
  /** Records in the source topic, committed ones, records in the output topic and in its routes, dead letters. */
  readonly produced: number;
  readonly done: number;
  readonly out: number;
  readonly routed: number;
  readonly deadLetters: number;
  readonly lag: number;
  readonly ready: string;
  readonly placements: readonly { readonly invoker: string; readonly partitions: string }[];
}

export interface FunctionFacts {
  readonly name: string;
  readonly replicas: number;
  readonly readyReplicas: number;
}

export interface Facts {
  readonly atMs: number;
  readonly bindings: readonly BindingFacts[];
  readonly functions: readonly FunctionFacts[];
}

interface Deployment {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly replicas?: number };
  readonly status?: { readonly readyReplicas?: number };
}

export async function lookAt(cluster: Cluster, namespace: string, admin: Admin): Promise<Facts> {
  const atMs = Date.now();
  const [bindings, functions, deployments] = await Promise.all([
    list<StreamBinding>(cluster, namespace, 'streambindings'),
    list<EventFunction>(cluster, namespace, 'eventfunctions'),
    list<Deployment>(cluster, namespace, 'deployments'),
  ]);
  return {
    atMs,
    bindings: await Promise.all(bindings.map((b) => bindingFacts(b, namespace, admin))),
    functions: functions.map((f) => functionFacts(f, deployments)),
  };
}

async function list<T>(cluster: Cluster, namespace: string, kind: string): Promise<readonly T[]> {
  const { code, stdout, stderr } = await cluster.kubectl(['get', kind, '-n', namespace, '-o', 'json']);
  if (code !== 0) throw new Error(`kubectl get ${kind}: ${stderr}`);
  return (JSON.parse(stdout) as { items: T[] }).items;
}

async function bindingFacts(binding: StreamBinding, namespace: string, admin: Admin): Promise<BindingFacts> {
  const { spec, status } = binding;
  const name = binding.metadata.name ?? '';
  const group = status?.consumerGroup ?? spec.source.consumerGroup ?? `headrace.${namespace}.${name}`;
  const routes = (spec.output?.routes ?? []).map((r) => r.topic);
  const [produced, done, out, routed, deadLetters] = await Promise.all([
    ends(admin, [spec.source.topic]),
    committed(admin, group, spec.source.topic),
    ends(admin, spec.output === undefined ? [] : [spec.output.topic]),
    ends(admin, routes),
    ends(admin, spec.delivery.deadLetter === undefined ? [] : [spec.delivery.deadLetter.topic]),
  ]);
  return {
    name,
    functionName: spec.functionRef.name,
    produced,
    done,
    out,
    routed,
    deadLetters,
    lag: Math.max(0, produced - done),
    ready: status?.conditions?.find((c) => c.type === 'Ready')?.reason ?? '-',
    placements: status?.placements ?? [],
  };
}

function functionFacts(fn: EventFunction, deployments: readonly Deployment[]): FunctionFacts {
  const name = fn.metadata.name ?? '';
  const deployment = deployments.find((d) => d.metadata.labels?.['headrace.dev/function'] === name);
  return { name, replicas: deployment?.spec.replicas ?? 0, readyReplicas: deployment?.status?.readyReplicas ?? 0 };
}

async function ends(admin: Admin, topics: readonly string[]): Promise<number> {
  const offsets = await Promise.all(topics.map((t) => admin.fetchTopicOffsets(t)));
  return offsets.flat().reduce((sum, p) => sum + Number(p.offset), 0);
}

async function committed(admin: Admin, groupId: string, topic: string): Promise<number> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return (found?.partitions ?? []).reduce((sum, p) => sum + Math.max(0, Number(p.offset)), 0);
}
