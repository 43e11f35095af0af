// A function that is an image: its pods, its digest, its address, and what its bindings' contracts say.
import { describe, expect, it } from 'vitest';
import { recordsMaxOf } from '#api/batch-size.ts';
import { findCondition } from '#api/conditions.ts';
import type { EventFunctionSpec } from '#api/types.gen.ts';
import { contractOf } from './contract.ts';
import { planFunction } from './function-plan.ts';
import {
  bindingSpec,
  configMap,
  exampleBinding,
  exampleContainer,
  exampleFunction,
  exampleHash,
  functionObserved,
  settings,
} from './observed-examples.ts';

const plan = (spec: Partial<EventFunctionSpec> = {}, codeConfigMaps: ReturnType<typeof configMap>[] = []) =>
  planFunction(functionObserved({ function: exampleContainer(spec), codeConfigMaps }), settings, exampleHash);
const deploymentOf = (spec: Partial<EventFunctionSpec> = {}) =>
  // biome-ignore lint/suspicious/noExplicitAny: tests look deep into plain objects of Kubernetes
  plan(spec).apply.find(({ kind }) => kind === 'Deployment') as any;

describe('pods', () => {
  it('run the image, with no code mounted and a place to write', () => {
    expect(plan().apply.map(({ kind }) => kind)).toEqual(['Service', 'Deployment']);
    const { containers, volumes } = deploymentOf().spec.template.spec;
    expect(containers).toHaveLength(1);
    expect(containers[0]).toMatchObject({ name: 'function', image: 'shop/enrich:1' });
    expect(containers[0]).not.toHaveProperty('imagePullPolicy');
    expect(volumes.map(({ name }: { name: string }) => name)).toEqual(['tmp']);
  });

  it.each([
    ['8080 where none is named', {}, 8080],
    ['their own', { port: 3000 }, 3000],
  ])('listen on a port that they are told: %s', (_, spec, port) => {
    const [only] = deploymentOf(spec).spec.template.spec.containers;
    expect(only.ports).toEqual([{ name: 'http', containerPort: port }]);
    expect(only.env).toEqual([{ name: 'PORT', value: String(port) }]);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      expect(only[probe].tcpSocket).toEqual({ port: 'http' });
  });

  it.each([
    ['100ms', 6],
    ['30s', 35],
    ['15m', 35],
  ])(
    'end without breaking a call of %s off, spared SIGTERM for %i s, killed only after the time-out',
    (timeout, seconds) => {
      const { containers, terminationGracePeriodSeconds } = deploymentOf({ timeout }).spec.template.spec;
      expect(containers[0].lifecycle).toEqual({ preStop: { sleep: { seconds } } });
      expect(terminationGracePeriodSeconds).toBeGreaterThan(seconds);
      const wholeCallSeconds = { '100ms': 0.1, '30s': 30, '15m': 900 }[timeout]!;
      expect(terminationGracePeriodSeconds).toBeGreaterThan(wholeCallSeconds + 5);
    },
  );

  it("keep the user's variables and resources, and hear of nothing that a host would", () => {
    const resources = { limits: { memory: '1Gi' } };
    const [only] = deploymentOf({ env: [{ name: 'MODE', value: 'x' }], resources }).spec.template.spec.containers;
    expect(only.env).toEqual([
      { name: 'PORT', value: '8080' },
      { name: 'MODE', value: 'x' },
    ]);
    expect(only.resources).toEqual(resources);
  });
});

it('another image is another revision; the same one rolls nothing', () => {
  const revision = (image: string) => plan({ image }).status.revision;
  expect(revision('a:1')).toBe(revision('a:1'));
  expect(revision('a:1')).not.toBe(revision('a:2'));
});

it('asleep it is ready: there is no code that could be missing', () => {
  expect(findCondition(plan().status.conditions, 'Ready')).toMatchObject({ status: 'True', reason: 'ScaledToZero' });
});

it('code of a former runtime is taken away', () => {
  const { remove } = plan({}, [configMap('place-bid-code-old')]);
  expect(remove.map(({ name }) => name)).toEqual(['place-bid-code-old']);
});

describe('the contract', () => {
  it.each([
    ['single events, whatever the binding allows', 'Auto', 100, 1],
    ['single events on request', 'Event', 100, 1],
    ['batches on request', 'Batch', 100, 100],
  ] as const)('%s', (_, signature, allowed, expected) => {
    const binding = exampleBinding({ batch: { ...bindingSpec.batch, maxRecords: allowed } });
    const contract = contractOf(binding, exampleContainer({ signature }));
    expect(contract.function.kind).toBe('Container');
    expect(contract.batch.maxRecords).toBe(expected);
    // What scaling counts with is what is sent.
    expect(recordsMaxOf(binding, exampleContainer({ signature }))).toBe(expected);
  });

  it('hosts take batches whatever the signature: they call the function one by one', () => {
    for (const signature of ['Auto', 'Event', 'Batch'] as const)
      expect(contractOf(exampleBinding(), exampleFunction({ signature })).batch.maxRecords).toBe(100);
  });
});
