// Properties of the plans over what can be seen in any combination: total, within bounds, and at rest when nothing changes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamBinding } from '#api/types.gen.ts';
import type { InvokerReport } from '#contract/invoker-report.ts';
import type { SampleFailure } from '#contract/scout.ts';
import { planBinding } from './binding-plan.ts';
import { planFunction } from './function-plan.ts';
import type { BindingObserved, FunctionObserved } from './observed.ts';
import {
  behavior,
  bindingObserved,
  bindingSpec,
  configMap,
  deployment,
  exampleBinding,
  exampleFunction,
  exampleHash,
  failedSample,
  functionObserved,
  nowMs,
  pod,
  readyFunction,
  readyPod,
  reportOf,
  sampled,
  settings,
  statefulSet,
  waitingPod,
} from './observed-examples.ts';
import type { ObjectToApply } from './plan.ts';

const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined });
const desired = maybe(fc.record({ replicas: fc.integer({ min: 0, max: 50 }), reason: fc.string() }));
const podNamed = (name: string) =>
  fc.constantFrom(
    readyPod(name),
    pod(name),
    waitingPod(name, 'CrashLoopBackOff'),
    pod(name, {}, { deletionTimestamp: 't' }),
  );
const failures: readonly SampleFailure[] = [
  'BrokerUnreachable',
  'TopicMissing',
  'RequiredTopicMissing',
  'OffsetsMissing',
  'NotAuthorized',
  'GroupInUse',
  'SampleFailed',
];
const sample = maybe(
  fc.oneof(
    fc.constantFrom(...failures).map(failedSample),
    fc
      .tuple(
        fc.array(fc.nat(5_000), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        fc.constantFrom('topic-1', 'topic-2'),
      )
      .map(([lags, positioned, topicId]) => sampled(lags, { positioned, topicId })),
  ),
);
const membership = fc.constantFrom<InvokerReport['membership']>('joining', 'member', 'leaving', 'left');
const invokerPods = fc.uniqueArray(fc.nat(5), { maxLength: 6 }).chain((ordinals) =>
  fc.record({
    pods: fc.tuple(...ordinals.map((ordinal) => podNamed(`place-bid-invoker-${ordinal}`))),
    reports: fc
      .tuple(
        ...ordinals.map((ordinal) =>
          membership.map((is) =>
            reportOf(ordinal, {
              membership: is,
              blocked: is === 'joining' ? [{ partition: 0, offset: 1, reason: 'x' }] : [],
            }),
          ),
        ),
      )
      .chain((all) => fc.subarray(all))
      .map((some) => new Map(some)),
  }),
);
const binding: fc.Arbitrary<StreamBinding> = fc
  .record({
    suspend: fc.boolean(),
    minInvokers: fc.nat(2),
    maxInvokers: fc.integer({ min: 2, max: 6 }),
    topicId: maybe(fc.constant('topic-1')),
  })
  .map(({ suspend, minInvokers, maxInvokers, topicId }) =>
    exampleBinding(
      { suspend, scaling: { ...bindingSpec.scaling, minInvokers, maxInvokers } },
      topicId === undefined ? {} : { topicId, partitions: 4 },
    ),
  );
const bindingSeen: fc.Arbitrary<BindingObserved> = fc
  .record({
    binding,
    sample,
    desired,
    invokerPods,
    function: fc.constantFrom(undefined, readyFunction, exampleFunction()),
    statefulSet: maybe(fc.nat(6).map((replicas) => statefulSet(replicas))),
    placement: maybe(fc.nat(6).map((invokers) => configMap('place-bid-placement', { invokers: String(invokers) }))),
    contractConfigMaps: fc.subarray([configMap('place-bid-contract-old'), configMap('place-bid-contract-older')]),
  })
  .map(({ invokerPods, ...rest }) => bindingObserved({ ...rest, ...invokerPods }));

const functionSeen: fc.Arbitrary<FunctionObserved> = fc
  .record({
    function: fc.constantFrom(
      exampleFunction(),
      exampleFunction({ code: { configMapRef: { name: 'src' } } }),
      exampleFunction({ scaling: { minReplicas: 2, maxReplicas: 3, behavior } }),
    ),
    deployment: maybe(fc.nat(12).map((replicas) => deployment(replicas, 'digest'))),
    pods: fc.tuple(podNamed('a'), podNamed('b'), podNamed('c')).chain((pods) => fc.subarray(pods)),
    sourceConfigMap: maybe(fc.constantFrom(configMap('src'), configMap('src', { 'index.ts': '' }))),
    codeConfigMaps: fc.subarray([configMap('place-bid-code-old')]),
    desired,
  })
  .map((seen) => functionObserved(seen));

const specOf = (apply: readonly ObjectToApply[], kind: string): { replicas: number } | undefined =>
  apply.find((object) => object.kind === kind)?.spec as { replicas: number } | undefined;
const placedIn = (apply: readonly ObjectToApply[]): number | undefined => {
  const data = apply.find(({ metadata }) => metadata.name === 'place-bid-placement')?.data as
    | { invokers: string }
    | undefined;
  return data && Number(data.invokers);
};

describe('any binding, however seen', () => {
  it('P1, D5: owners within bounds, never more than partitions, and no pod taken that has not left', () => {
    fc.assert(
      fc.property(bindingSeen, (seen) => {
        const { apply } = planBinding(seen, settings, exampleHash);
        const owners = placedIn(apply);
        if (owners === undefined) return;
        expect(owners).toBeLessThanOrEqual(seen.binding.spec.scaling.maxInvokers);
        if (seen.sample?.outcome.kind === 'sampled')
          expect(owners).toBeLessThanOrEqual(seen.sample.outcome.partitions.length);
        if (seen.binding.spec.suspend) expect(owners).toBe(0);
        const pods = specOf(apply, 'StatefulSet')?.replicas ?? -1;
        expect(pods).toBeGreaterThanOrEqual(owners);
        for (const { metadata } of seen.pods) {
          const ordinal = Number(metadata.name.split('-').at(-1));
          const isMember = seen.reports.get(ordinal)?.report.membership === 'member';
          if (isMember && ordinal < (seen.statefulSet?.spec?.replicas ?? 0)) expect(pods).toBeGreaterThan(ordinal);
        }
      }),
    );
  });

  it('at rest: planned again on its own status it says the same and tells nothing', () => {
    fc.assert(
      fc.property(bindingSeen, (seen) => {
        // The second look settles what the first one only learned (positions), the third must find nothing new.
        const look = (status: StreamBinding['status']) =>
          planBinding(
            { ...seen, binding: exampleBinding(seen.binding.spec, status ?? {}), nowMs: nowMs + 1_000 },
            settings,
            exampleHash,
          );
        const second = look(planBinding(seen, settings, exampleHash).status);
        const third = look(second.status);
        expect(third.status).toEqual(second.status);
        expect(third.events).toEqual([]);
      }),
    );
  });

  it('a document that a pod mounts is never removed', () => {
    fc.assert(
      fc.property(bindingSeen, (seen) => {
        const mounted = pod('place-bid-invoker-0', {}, {}, 'place-bid-contract-older');
        const { remove } = planBinding({ ...seen, pods: [...seen.pods, mounted] }, settings, exampleHash);
        expect(remove.map(({ name }) => name)).not.toContain('place-bid-contract-older');
      }),
    );
  });
});

describe('any function, however seen', () => {
  it('replicas within the bounds of its spec', () => {
    fc.assert(
      fc.property(functionSeen, (seen) => {
        const replicas = specOf(planFunction(seen, settings, exampleHash).apply, 'Deployment')?.replicas;
        if (replicas === undefined) return;
        const { minReplicas, maxReplicas } = seen.function.spec.scaling;
        expect(replicas).toBeGreaterThanOrEqual(minReplicas);
        expect(replicas).toBeLessThanOrEqual(maxReplicas);
      }),
    );
  });

  it('at rest: planned again on its own status it says the same and tells nothing', () => {
    fc.assert(
      fc.property(functionSeen, (seen) => {
        const look = (status: FunctionObserved['function']['status']) =>
          planFunction({ ...seen, function: exampleFunction(seen.function.spec, status ?? {}) }, settings, exampleHash);
        const second = look(look({}).status);
        const third = look(second.status);
        expect(third.status).toEqual(second.status);
        expect(third.events).toEqual([]);
      }),
    );
  });
});
