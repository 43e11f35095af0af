// The plan of a binding: what is applied, how many invokers there are and when they stop.
import { describe, expect, it } from 'vitest';
import { findCondition } from '#api/conditions.ts';
import { planBinding } from './binding-plan.ts';
import type { BindingObserved } from './observed.ts';
import {
  bindingObserved,
  bindingSpec,
  configMap,
  exampleBinding,
  exampleHash,
  failedSample,
  pod,
  readyPod,
  reportOf,
  sampled,
  settings,
  statefulSet,
} from './observed-examples.ts';
import type { BindingPlan } from './plan.ts';

type Over = Partial<BindingObserved>;
const plan = (over: Over = {}): BindingPlan => planBinding(bindingObserved(over), settings, exampleHash);
// biome-ignore lint/suspicious/noExplicitAny: tests look deep into plain objects of Kubernetes
const applied = ({ apply }: BindingPlan, kind: string, nth = 0): any =>
  apply.filter((object) => object.kind === kind)[nth];
const invokers = (made: BindingPlan): number | undefined => {
  const data = made.apply.find(({ metadata }) => metadata.name === 'place-bid-placement')?.data;
  return data === undefined ? undefined : Number((data as { readonly invokers: string }).invokers);
};
const decided = (replicas: number) => ({ replicas, reason: 'because' });
const placement = (count: number) => configMap('place-bid-placement', { invokers: String(count) });
const positioned = (spec = {}) => exampleBinding(spec, { topicId: 'topic-1', partitions: 4 });

describe('children', () => {
  it('identity and address first, then contract, placement, pods: each finds what it needs', () => {
    expect(plan().apply.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ServiceAccount place-bid-invoker',
      'Role place-bid-invoker',
      'RoleBinding place-bid-invoker',
      'Service place-bid-invoker',
      `ConfigMap ${applied(plan(), 'ConfigMap').metadata.name}`,
      'ConfigMap place-bid-placement',
      'StatefulSet place-bid-invoker',
    ]);
  });

  it('an invoker may read endpoints and its own placement, nothing else', () => {
    expect(applied(plan(), 'Role').rules).toEqual([
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['place-bid-placement'],
        verbs: ['get', 'list', 'watch'],
      },
    ]);
  });

  it('pods mount the contract that is applied with them, and roll when it changes', () => {
    const template = (over: Over) => applied(plan(over), 'StatefulSet').spec.template;
    const contract = applied(plan(), 'ConfigMap').metadata.name;
    expect(template({}).spec.volumes[0]).toEqual({ name: 'contract', configMap: { name: contract } });
    const other = template({ binding: exampleBinding({ batch: { ...bindingSpec.batch, maxRecords: 5 } }) });
    expect(other.metadata.annotations).not.toEqual(template({}).metadata.annotations);
  });

  it('all start at once, are replaced one by one, and have their drain time and more to end (D5)', () => {
    const { spec } = applied(
      plan({ binding: exampleBinding({ flow: { ...bindingSpec.flow, drainTimeout: '45s' } }) }),
      'StatefulSet',
    );
    expect(spec).toMatchObject({ podManagementPolicy: 'Parallel', updateStrategy: { type: 'RollingUpdate' } });
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(55);
  });

  it('an old contract goes when nobody mounts it, and not before', () => {
    const old = configMap('place-bid-contract-old');
    const removed = (over: Over) => plan({ contractConfigMaps: [old], ...over }).remove.map(({ name }) => name);
    expect(removed({ statefulSet: statefulSet(2, 'old') })).toEqual([]);
    expect(removed({ statefulSet: statefulSet(2, 'new'), pods: [pod('p', {}, {}, old.metadata.name)] })).toEqual([]);
    expect(removed({ statefulSet: statefulSet(2, 'new'), pods: [pod('p', {}, {}, 'other')] })).toEqual([
      old.metadata.name,
    ]);
  });
});

describe('how many invokers', () => {
  const running = {
    binding: positioned(),
    statefulSet: statefulSet(2),
    placement: placement(2),
    contractConfigMaps: [configMap('place-bid-contract-old')],
  };
  it.each<[string, Over, number]>([
    ['the decision', { desired: decided(3) }, 3],
    ['no decision: what is placed stays', running, 2],
    [
      'no decision, nothing placed: the minimum',
      { binding: positioned({ scaling: { ...bindingSpec.scaling, minInvokers: 1 } }) },
      1,
    ],
    ['never above the maximum', { desired: decided(9), sample: sampled(Array(12).fill(0)) }, 4],
    ['never more than partitions', { desired: decided(4), sample: sampled([0, 0]) }, 2],
    [
      'never more than partitions, as last known',
      { ...running, desired: decided(9), sample: failedSample('SampleFailed') },
      4,
    ],
    ['none before positions are committed', { desired: decided(3), sample: sampled([5], { positioned: false }) }, 0],
    ['none before anybody looked', { desired: decided(3), sample: undefined }, 0],
    ['as soon as positions are committed, in the same look', { desired: decided(1), sample: sampled([5]) }, 1],
    ['suspended', { ...running, binding: positioned({ suspend: true }), desired: decided(3) }, 0],
    [
      'suspended while the function is missing',
      { ...running, binding: positioned({ suspend: true }), function: undefined },
      0,
    ],
    ['broker away: what runs goes on', { ...running, sample: failedSample('BrokerUnreachable') }, 2],
    ['topic away: what runs goes on', { ...running, sample: failedSample('TopicMissing') }, 2],
    ['output topic away: what runs goes on', { ...running, sample: failedSample('RequiredTopicMissing') }, 2],
    ['positions lost: what runs goes on', { ...running, sample: failedSample('OffsetsMissing') }, 2],
    ['function away: what runs goes on', { ...running, function: undefined }, 2],
    [
      'an older binding has the group: none',
      {
        ...running,
        neighbours: [
          exampleBinding(
            { source: { ...bindingSpec.source, consumerGroup: 'headrace.auction.place-bid' } },
            {},
            { name: 'a' },
          ),
        ],
      },
      0,
    ],
  ])('%s', (_, over, expected) => expect(invokers(plan(over))).toBe(expected));

  it('scale-down: the placement says so at once, the pods stay until they have left (D5)', () => {
    const pods = [readyPod('place-bid-invoker-0'), readyPod('place-bid-invoker-1')];
    const shrinking = plan({
      ...running,
      pods,
      desired: decided(1),
      reports: new Map([reportOf(0), reportOf(1, { membership: 'leaving' })]),
    });
    expect(invokers(shrinking)).toBe(1);
    expect(applied(shrinking, 'StatefulSet').spec.replicas).toBe(2);
    expect(shrinking.lookAgainMs).toBeLessThanOrEqual(1_000);
    const done = plan({
      ...running,
      pods,
      desired: decided(1),
      reports: new Map([reportOf(0), reportOf(1, { membership: 'left' })]),
    });
    expect(applied(done, 'StatefulSet').spec.replicas).toBe(1);
  });

  it.each<[string, number, readonly string[]]>([
    ['from zero the pods first, because they take longest', 0, ['StatefulSet', 'ConfigMap']],
    ['else the placement first', 1, ['ConfigMap', 'StatefulSet']],
  ])('%s', (_, running, order) => {
    const { apply } = plan({ binding: positioned(), statefulSet: statefulSet(running), desired: decided(2) });
    expect(apply.slice(-2).map(({ kind }) => kind)).toEqual(order);
    expect(apply.at(-2)?.metadata.name).not.toMatch(/contract/);
  });

  it('a binding before its function: nothing is made, and it says what is missing', () => {
    const made = plan({ function: undefined });
    expect(made.apply).toEqual([]);
    const ready = findCondition(made.status.conditions, 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason: 'FunctionMissing' });
    expect(ready?.message).toContain('create it in this namespace');
  });
});
