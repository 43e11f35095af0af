// The plan of a function: what is applied and removed, how many pods, and what its status says about them.
import { describe, expect, it } from 'vitest';
import { findCondition } from '#api/conditions.ts';
import { planFunction } from './function-plan.ts';
import type { FunctionObserved } from './observed.ts';
import {
  behavior,
  condition,
  configMap,
  deployment,
  exampleFunction,
  exampleHash,
  functionObserved,
  nowMs,
  pod,
  readyPod,
  settings,
  waitingPod,
} from './observed-examples.ts';
import type { FunctionPlan } from './plan.ts';

const plan = (over: Partial<FunctionObserved> = {}): FunctionPlan =>
  planFunction(functionObserved(over), settings, exampleHash);
const kinds = ({ apply }: FunctionPlan): string[] => apply.map(({ kind }) => kind);
// biome-ignore lint/suspicious/noExplicitAny: tests look deep into plain objects of Kubernetes
const applied = ({ apply }: FunctionPlan, kind: string): any => apply.find((object) => object.kind === kind);
const ready = ({ status }: FunctionPlan): string => {
  const found = findCondition(status.conditions, 'Ready');
  return `${found?.status} ${found?.reason}`;
};
const revision = exampleHash('export default () => {};');
const decided = (replicas: number) => ({ replicas, reason: 'because' });
const failure = (message: string) => ({ type: 'ReplicaFailure', status: 'True', message });

describe('children', () => {
  it('inline code: an immutable ConfigMap named after its digest, mounted, before the pods', () => {
    const made = plan();
    expect(kinds(made)).toEqual(['Service', 'ConfigMap', 'ConfigMap', 'Deployment']);
    const code = applied(made, 'ConfigMap');
    expect(code).toMatchObject({ immutable: true, data: { 'index.mjs': 'export default () => {};' } });
    const { volumes } = applied(made, 'Deployment').spec.template.spec;
    expect(volumes[0]).toEqual({ name: 'code', configMap: { name: code.metadata.name } });
  });

  it('other code: another ConfigMap, another template; the old one goes when nobody mounts it', () => {
    const old = configMap(`place-bid-code-${revision}`);
    const changed = exampleFunction({ code: { inline: 'export default () => 2;' } });
    const mounted = plan({ function: changed, codeConfigMaps: [old], pods: [pod('p', {}, {}, old.metadata.name)] });
    expect(applied(mounted, 'ConfigMap').metadata.name).not.toBe(old.metadata.name);
    expect(mounted.remove).toEqual([]);
    const free = plan({ function: changed, codeConfigMaps: [old], pods: [pod('p', {}, {}, 'other')] });
    expect(free.remove).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'auction', name: old.metadata.name, uid: old.metadata.uid },
    ]);
  });

  it('code in a ConfigMap of the user: mounted as it is, a change of it changes the template', () => {
    const fn = exampleFunction({ code: { configMapRef: { name: 'src' } } });
    const template = (text: string) =>
      applied(plan({ function: fn, sourceConfigMap: configMap('src', { 'index.ts': text }) }), 'Deployment').spec
        .template;
    expect(template('a').spec.volumes[0].configMap).toEqual({ name: 'src' });
    expect(template('a').metadata.annotations).not.toEqual(template('b').metadata.annotations);
    expect(template('a')).toEqual(template('a'));
  });

  it('everything belongs to the function', () => {
    for (const { metadata } of plan().apply) {
      expect(metadata.ownerReferences).toEqual([
        {
          apiVersion: 'headrace.dev/v1alpha1',
          kind: 'EventFunction',
          name: 'place-bid',
          uid: 'uid-function',
          controller: true,
          blockOwnerDeletion: true,
        },
      ]);
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/managed-by': 'headrace',
        'headrace.dev/function': 'place-bid',
      });
    }
  });

  it("the user's pod labels never take our own away", () => {
    const template = { metadata: { labels: { team: 'a', 'headrace.dev/function': 'stolen' } } };
    const { labels } = applied(plan({ function: exampleFunction({ template }) }), 'Deployment').spec.template.metadata;
    expect(labels).toMatchObject({ team: 'a', 'headrace.dev/function': 'place-bid' });
  });

  it('a pod outlives its longest call: drain and grace are longer than the timeout', () => {
    const { spec } = applied(plan({ function: exampleFunction({ timeout: '5m' }) }), 'Deployment').spec.template;
    const env = Object.fromEntries(
      spec.containers[0].env.map((e: { name: string; value: string }) => [e.name, e.value]),
    );
    expect(Number(env.HEADRACE_DRAIN_MS)).toBeGreaterThan(300_000);
    expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(Number(env.HEADRACE_DRAIN_MS));
    const { livenessProbe } = spec.containers[0];
    expect(livenessProbe.failureThreshold * livenessProbe.timeoutSeconds).toBeGreaterThan(300);
  });

  it('own resources are taken as a whole, else those of the chart', () => {
    const resources = { limits: { memory: '1Gi' } };
    const container = (fn: FunctionObserved['function']) =>
      applied(plan({ function: fn }), 'Deployment').spec.template.spec.containers[0];
    expect(container(exampleFunction({ resources })).resources).toEqual(resources);
    expect(container(exampleFunction()).resources).toEqual(settings.resources.function);
  });
});

describe('replicas', () => {
  it.each([
    ['no decision, nothing runs: the minimum', {}, 0],
    ['no decision: what runs stays', { deployment: deployment(3, revision) }, 3],
    ['the decision', { deployment: deployment(3, revision), desired: decided(5) }, 5],
    ['never above the maximum', { desired: decided(50) }, 10],
    [
      'never below the minimum',
      { function: exampleFunction({ scaling: { minReplicas: 2, maxReplicas: 3, behavior } }), desired: decided(0) },
      2,
    ],
  ])('%s', (_, over, expected) => {
    const made = plan(over);
    expect(applied(made, 'Deployment').spec.replicas).toBe(expected);
    expect(made.status.desiredReplicas).toBe(expected);
  });
});

describe('ready', () => {
  const wasReady = exampleFunction({}, { revision, conditions: [condition('Ready', 'True', 'ScaledToZero')] });
  const fromConfigMap = exampleFunction({ code: { configMapRef: { name: 'src' } } });
  const two = { desired: decided(2), deployment: deployment(2, revision) };
  it.each([
    ['asleep', {}, 'True ScaledToZero'],
    ['a pod takes calls', { ...two, pods: [readyPod('a'), pod('b')] }, 'True Available'],
    ['first start', { ...two, pods: [pod('a')] }, 'False PodsStarting'],
    [
      'wakes up',
      { ...two, function: wasReady, pods: [pod('a', {}, { creationTimestamp: '2026-11-21T11:59:59Z' })] },
      'True Waking',
    ],
    ['image missing', { ...two, pods: [waitingPod('a', 'ImagePullBackOff')] }, 'False ImageNotPulled'],
    ['secret missing', { ...two, pods: [waitingPod('a', 'CreateContainerConfigError')] }, 'False PodMisconfigured'],
    ['crashes', { ...two, pods: [waitingPod('a', 'CrashLoopBackOff')] }, 'False PodsCrashing'],
    [
      'no room',
      { ...two, pods: [pod('a', { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes' }] })] },
      'False PodsUnschedulable',
    ],
    ['ConfigMap missing', { function: fromConfigMap }, 'False CodeMissing'],
    [
      'file missing',
      { function: fromConfigMap, sourceConfigMap: configMap('src', { 'other.ts': '' }) },
      'False HandlerMissing',
    ],
    [
      'handler of another file, inline',
      { function: exampleFunction({ handler: 'other.run' }) },
      'False HandlerMissing',
    ],
    [
      'quota',
      { ...two, deployment: { ...deployment(2, revision), status: { conditions: [failure('exceeded quota')] } } },
      'False PodsRefused',
    ],
  ])('%s', (_, over, expected) => expect(ready(plan({ ...over }))).toBe(expected));

  it('a pod that never gets ready is named after a minute', () => {
    const since = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString();
    const starting = (seconds: number) =>
      plan({ ...two, pods: [pod('slow', {}, { creationTimestamp: since(seconds) })] });
    expect(ready(starting(50))).toBe('False PodsStarting');
    expect(ready(starting(70))).toBe('False PodsNotReady');
    expect(findCondition(starting(70).status.conditions, 'Ready')?.message).toContain('pod slow');
  });

  it('a broken new version: ready through the old pods, stalled because of the new', () => {
    const made = plan({ ...two, pods: [readyPod('old'), waitingPod('new', 'CrashLoopBackOff')] });
    expect(ready(made)).toBe('True Available');
    expect(findCondition(made.status.conditions, 'Stalled')).toMatchObject({ status: 'True', reason: 'PodsCrashing' });
  });

  it('a roll-out reconciles until the last old pod is gone', () => {
    const reconciling = (over: Partial<FunctionObserved>) =>
      findCondition(plan({ ...two, ...over }).status.conditions, 'Reconciling')?.status;
    const pods = [readyPod('a'), readyPod('b')];
    expect(reconciling({ pods, deployment: deployment(2, revision, 1) })).toBe('True');
    expect(reconciling({ pods })).toBe('False');
    expect(reconciling({ pods: [readyPod('a')] })).toBe('True');
  });
});

it('with its ConfigMap gone, a running function goes on with the code that its pods have', () => {
  const fn = exampleFunction({ code: { configMapRef: { name: 'src' } } });
  const made = plan({ function: fn, deployment: deployment(2, 'digest-of-before') });
  const { metadata } = applied(made, 'Deployment').spec.template;
  expect(metadata.annotations['headrace.dev/code-hash']).toBe('digest-of-before');
  expect(applied(made, 'Deployment').spec.replicas).toBe(2);
});

it('without any code there are no pods, only the address', () => {
  expect(kinds(plan({ function: exampleFunction({ code: { configMapRef: { name: 'src' } } }) }))).toEqual(['Service']);
});

it('the status speaks of the generation that was planned', () => {
  const fn = exampleFunction();
  const made = plan({ function: { ...fn, metadata: { ...fn.metadata, generation: 7 } } });
  expect(made.status.observedGeneration).toBe(7);
  expect(new Set(made.status.conditions?.map((c) => c.observedGeneration))).toEqual(new Set([7]));
  expect(made.status.url).toBe('http://place-bid-function.auction.svc');
});

it('looks again while something starts, and rests when all is still', () => {
  expect(
    plan({ desired: decided(1), deployment: deployment(1, revision), pods: [pod('a')] }).lookAgainMs,
  ).toBeGreaterThan(0);
  expect(plan().lookAgainMs).toBeNull();
});
