// Promise: new code and a new spec take over under load without a record lost, reordered or repeated (D1, D5, P3), and are told as carried out when they are.
import { expect, inject } from 'vitest';
import { contractHashAnnotation, functionDeployment, invokerStatefulSet } from '#api/names.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import { copying, name } from '../given/copying.ts';
import { copyCode } from '../given/function.ts';
import { conditionOf } from '../given/kubernetes.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { says } from '../then/conditions.ts';
import { eventually } from '../then/eventually.ts';
import { drained, flowing } from '../then/flow.ts';
import { watchMoments } from '../then/moments.ts';
import { pauseText } from '../then/pauses.ts';
import { jsonOf, recordsOf } from '../then/records.ts';
import { verdictOf } from '../then/verdict.ts';

const perSecond = 300;
/** Two watches need not hear of two changes in their order; a roll takes far longer. */
const watchesApartMs = 300;

scenario('D1 D5 P3: function code and binding spec changed under load', async ({ stage }) => {
  const { kubernetes } = stage;
  const { input, output } = await copying(stage, { invokers: 2 });
  const invokers = invokerStatefulSet(name);
  const before = await kubernetes.get('statefulsets', invokers);
  const deployment = await kubernetes.get('deployments', functionDeployment(name));
  const traffic = startTraffic(stage.topics, { topic: input, perSecond, forMs: 35_000 });
  await flowing(stage, output, 3 * perSecond, { withinMs: 30_000 });

  const moments = await watchMoments(inject('system').apiUrl, stage.namespace);
  const changedMs = Date.now();
  await kubernetes.patch('eventfunctions', name, { spec: { code: { inline: copyCode(2) } } });
  await kubernetes.patch('streambindings', name, { spec: { batch: { maxRecords: 40 } } });

  const rolled = await eventually(
    'every invoker runs with the new contract',
    { withinMs: 90_000 },
    () => kubernetes.get('statefulsets', invokers),
    (set) =>
      contractOf(set) !== contractOf(before) &&
      set?.status?.observedGeneration === set?.metadata.generation &&
      set?.status?.updatedReplicas === 2 &&
      set.status.readyReplicas === 2,
  );
  expect(contractOf(rolled)).toBeDefined();
  await says(kubernetes, 'eventfunctions', name, 'Reconciling', { status: 'False' }, { withinMs: 60_000 });
  await says(kubernetes, 'streambindings', name, 'Reconciling', { status: 'False' }, { withinMs: 60_000 });
  await moments.stop();
  for (const [resource, workload, stood] of [
    ['eventfunctions', 'deployments', deployment?.metadata],
    ['streambindings', 'statefulsets', before?.metadata],
  ] as const) {
    const told = moments.firstOf(changedMs, resource, isCarriedOut);
    const done = moments.firstOf(changedMs, workload, ({ metadata: { uid, generation = 0 }, status, spec }) => {
      const isChanged = uid === stood?.uid && generation > (stood?.generation ?? 0);
      const isSeen = isChanged && status?.observedGeneration === generation;
      return isSeen && status?.updatedReplicas === spec?.replicas && status?.replicas === spec?.replicas;
    });
    expect(told, `${resource} told too early`).toBeGreaterThan((done ?? Number.NaN) - watchesApartMs);
  }
  expect(traffic.isRunning(), 'the traffic must outlast the change').toBe(true);

  const sent = await traffic.finished;
  await drained(stage, name, input, { withinMs: 60_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);

  const records = await recordsOf(stage, output);
  const versions = records.map((record) => (jsonOf(record) as { version: number }).version);
  const byNewCode = versions.filter((version) => version === 2).length;
  expect(byNewCode).toBeGreaterThan(0);
  expect(versions.filter((version) => version === 1).length).toBeGreaterThan(0);
  stage.figure(`${byNewCode} of ${versions.length} outputs by the new code, ${pauseText(records)}`);
});

/** As kstatus and `kubectl wait` see it, of the second spec. */
const isCarriedOut = (object: EventFunction | StreamBinding): boolean => {
  const { generation = 0 } = object.metadata;
  const { status, observedGeneration } = conditionOf(object, 'Reconciling') ?? {};
  return generation > 1 && observedGeneration === generation && status === 'False';
};

const contractOf = (
  set:
    | { readonly spec?: { readonly template?: { readonly metadata?: { readonly annotations?: object } } } }
    | undefined,
): unknown =>
  (set?.spec?.template?.metadata?.annotations as Readonly<Record<string, string>> | undefined)?.[
    contractHashAnnotation
  ];
