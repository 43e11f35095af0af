/** What an invoker's token says is what its function's hosts want to hear, and nothing else. */
import { expect, it } from 'vitest';
import { planBinding } from './binding-plan.ts';
import { planFunction } from './function-plan.ts';
import { bindingObserved, exampleContainer, exampleHash, functionObserved, settings } from './observed-examples.ts';
import type { ObjectToApply } from './plan.ts';

const tokenKeys = '{"keys":[{"kid":"one"}]}';
// biome-ignore lint/suspicious/noExplicitAny: manifests are looked at freely here
const planned = (apply: readonly ObjectToApply[], kind: string, name?: string): any =>
  apply.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
const ofFunction = planFunction(functionObserved({ tokenKeys }), settings, exampleHash).apply;
const ofBinding = planBinding(bindingObserved(), settings, exampleHash).apply;

it('the keys of the cluster are mounted into the pods of the function, and may change under them', () => {
  const callers = planned(ofFunction, 'ConfigMap', 'place-bid-callers');
  expect(callers.data).toEqual({ 'keys.json': tokenKeys });
  expect(callers.immutable).toBeUndefined();
  const { spec, metadata } = planned(ofFunction, 'Deployment').spec.template;
  expect(spec.volumes).toContainEqual({ name: 'callers', configMap: { name: 'place-bid-callers' } });
  expect(spec.containers[0].volumeMounts).toContainEqual({
    ...{ name: 'callers', mountPath: '/etc/headrace/callers', readOnly: true },
  });
  const other = planFunction(functionObserved({ tokenKeys: '{}' }), settings, exampleHash).apply;
  expect(planned(other, 'Deployment').spec.template).toEqual({ spec, metadata });
});

it('the token of an invoker is for the function that it calls, in its namespace', () => {
  const { spec } = planned(ofBinding, 'StatefulSet').spec.template;
  const projected = spec.volumes.find(({ name }: { name: string }) => name === 'call-token').projected;
  expect(projected.sources).toEqual([
    {
      serviceAccountToken: {
        audience: 'place-bid.auction.functions.headrace.dev',
        expirationSeconds: 3_600,
        path: 'token',
      },
    },
  ]);
  const { env: given } = planned(ofFunction, 'Deployment').spec.template.spec.containers[0];
  const env = new Map(given.map(({ name, value }: { name: string; value: string }) => [name, value]));
  expect(env.get('HEADRACE_CALLERS_AUDIENCE')).toBe(projected.sources[0].serviceAccountToken.audience);
  expect(env.get('HEADRACE_CALLERS_NAMESPACE')).toBe('auction');
  expect(env.get('HEADRACE_CALLERS_KEYS')).toBe('/etc/headrace/callers/keys.json');
});

it('a container of the user checks what it likes: no keys are mounted', () => {
  const { apply } = planFunction(functionObserved({ function: exampleContainer() }), settings, exampleHash);
  expect(planned(apply, 'ConfigMap')).toBeUndefined();
});
