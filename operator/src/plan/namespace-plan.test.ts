// The scout of a namespace comes with the first binding and goes with the last.
import { describe, expect, it } from 'vitest';
import { planNamespace } from './namespace-plan.ts';
import { configMap, exampleBinding, settings } from './observed-examples.ts';

const found = configMap('headrace-scout');

describe('planNamespace', () => {
  it('one binding or many: one scout', () => {
    const one = planNamespace(
      { namespace: 'auction', bindings: [exampleBinding()], scoutDeployment: undefined, scoutService: undefined },
      settings,
    );
    expect(one.apply.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
      'Service auction/headrace-scout',
      'Deployment auction/headrace-scout',
    ]);
    const bindings = [exampleBinding(), exampleBinding({}, {}, { name: 'other' })];
    expect(
      planNamespace({ namespace: 'auction', bindings, scoutDeployment: found, scoutService: found }, settings),
    ).toEqual(one);
  });

  it('no binding: what is there goes, by uid', () => {
    const none = planNamespace(
      { namespace: 'auction', bindings: [], scoutDeployment: found, scoutService: undefined },
      settings,
    );
    expect(none).toEqual({
      apply: [],
      remove: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          namespace: 'auction',
          name: 'headrace-scout',
          uid: found.metadata.uid,
        },
      ],
    });
  });

  it('no binding, no scout: nothing to do', () => {
    const none = planNamespace(
      { namespace: 'auction', bindings: [], scoutDeployment: undefined, scoutService: undefined },
      settings,
    );
    expect(none).toEqual({ apply: [], remove: [] });
  });
});
