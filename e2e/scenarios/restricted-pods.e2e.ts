// Promise: everything that runs for a stream obeys the restricted pod security standard, which refuses a plain pod.
import { expect, inject } from 'vitest';
import { labels, managedByValue } from '#api/names.ts';
import { headraceNamespace, refusalOfPlainPod } from '../cluster/install.ts';
import { copying } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';

scenario('a namespace of restricted pods refuses a plain pod and runs all of ours', async ({ stage }) => {
  await copying(stage, { invokers: 1 });

  const { hostNode26 } = inject('system').images;
  expect(await refusalOfPlainPod(stage.cluster, stage.namespace, hostNode26)).toMatch(
    /violates PodSecurity "restricted/,
  );
  expect(await refusalOfPlainPod(stage.cluster, headraceNamespace, hostNode26)).toMatch(/violates PodSecurity/);

  const pods = await stage.kubernetes.list('pods', `${labels.managedBy}=${managedByValue}`);
  const components = pods.map(({ metadata }) => metadata.labels?.[labels.component]);
  expect([...components].sort()).toEqual(['function', 'invoker', 'scout']);
  expect(pods.filter(({ status }) => status?.phase !== 'Running').map(({ metadata }) => metadata.name)).toEqual([]);
});
